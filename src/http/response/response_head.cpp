// The reader's lines: status line, fields and trailers, and what the head says about the body.
#include <algorithm>
#include <iterator>

#include "http/message/grammar.hpp"
#include "http/response/head_parser.hpp"
#include "http/response/response_reader.hpp"

namespace weir::inline v0::http {

namespace {

constexpr std::string_view version_prefix = "HTTP/1.";
// Room for most heads, so that one does not grow line by line.
constexpr std::size_t usual_head = 1u << 10;

bool digits(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Whether a comma-separated list has an element, compared without case.
bool lists(std::string_view list, std::string_view element) noexcept {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (equal_names(trim(list.substr(0, comma)), element))
      return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// Values that servers write there and that change nothing.
constexpr std::string_view no_codings[] = {"", "identity", "none", "utf-8", "utf8", "7bit", "8bit", "binary"};

} // namespace

bool is_coded(std::string_view list) noexcept {
  for (;;) {
    const auto comma = std::min(list.find(','), list.size());
    const auto one = trim(list.substr(0, comma));
    if (std::none_of(std::begin(no_codings), std::end(no_codings), [one](auto name) { return equal_names(one, name); }))
      return true;
    if (comma == list.size())
      return false;
    list.remove_prefix(comma + 1);
  }
}

std::size_t response_reader::next_head(std::string_view in, error_code& ec) {
  std::size_t taken = 0;
  while (taken < in.size() && state_ == state::head) {
    const auto rest = in.substr(taken);
    const auto lf = rest.find('\n');
    const auto n = lf == std::string_view::npos ? rest.size() : lf + 1;
    const auto room = limits_.head - used_;
    if (text_.empty())
      text_.reserve(usual_head);
    text_.append(rest.substr(0, std::min(n, room)));
    used_ += std::min(n, room);
    taken += std::min(n, room);
    // What does not even begin like HTTP need not be collected: it may be another protocol.
    const auto begun = std::min(text_.size(), version_prefix.size());
    if (text_.compare(0, begun, version_prefix, 0, begun) != 0)
      fail(ec, errc::malformed_response, "the response does not begin with HTTP/1.");
    else if (n > room)
      fail(ec, errc::response_too_large, "the head is over its limit");
    else if (lf != std::string_view::npos)
      end_line(std::string_view(text_).substr(line_), ec);
    if (ec)
      return taken;
  }
  return taken;
}

std::size_t response_reader::next_trailer(std::string_view in, error_code& ec) {
  const auto lf = in.find('\n');
  const auto n = lf == std::string_view::npos ? in.size() : lf + 1;
  const auto room = limits_.trailers - used_;
  text_.append(in.substr(0, std::min(n, room)));
  used_ += std::min(n, room);
  if (n > room) {
    fail(ec, errc::response_too_large, "the trailers are over their limit");
    return room;
  }
  if (lf != std::string_view::npos)
    end_line(text_, ec);
  return n;
}

void response_reader::end_line(std::string_view line, error_code& ec) {
  line.remove_suffix(1);
  if (!line.ends_with('\r'))
    return fail(ec, errc::malformed_response, "a line does not end with CR LF");
  line.remove_suffix(1);
  const bool in_head = state_ == state::head;
  if (in_head && line_ == 0)
    status_line(line, ec);
  else if (!line.empty())
    field_line(line, ec);
  else if (in_head)
    return end_head(ec);
  else
    state_ = state::done;
  if (ec)
    return;
  if (in_head)
    line_ = text_.size();
  else
    text_.clear();
}

void response_reader::status_line(std::string_view line, error_code& ec) {
  const auto at = version_prefix.size();
  // Without a reason phrase, many servers omit the space before it too.
  if (line.size() < at + 5 || (line[at] != '0' && line[at] != '1') || line[at + 1] != ' ' ||
      !digits(line.substr(at + 2, 3)) || (line.size() > at + 5 && line[at + 5] != ' '))
    return fail(ec, errc::malformed_response, "the status line is malformed");
  if (!is_value(line.substr(at + 5)))
    return fail(ec, errc::malformed_response, "the status line has a control character");
  http11_ = line[at] == '1';
  status_ = static_cast<unsigned>((line[at + 2] - '0') * 100 + (line[at + 3] - '0') * 10 + (line[at + 4] - '0'));
  if (status_ < 100 || status_ > 599)
    return fail(ec, errc::malformed_response, "the status is not in 100–599");
  if (line.size() == at + 5)
    text_.insert(line.size(), 1, ' '); // as the parser of the whole head expects it
}

void response_reader::field_line(std::string_view line, error_code& ec) {
  if (line.front() == ' ' || line.front() == '\t')
    return fail(ec, errc::malformed_response, "a field is continued on a second line");
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return fail(ec, errc::malformed_response, "a field has no name, or one with a character that is not allowed");
  const auto value = trim(line.substr(colon + 1));
  if (!is_value(value))
    return fail(ec, errc::malformed_response, "a field's value has a control character");
  if (++field_count_ > limits_.fields)
    return fail(ec, errc::response_too_large, "there are too many fields");
  if (state_ == state::head)
    framing_field(line.substr(0, colon), value, ec);
}

void response_reader::framing_field(std::string_view name, std::string_view value, error_code& ec) {
  if (equal_names(name, "content-length")) {
    if (!digits(value) || value.size() > 18)
      return fail(ec, errc::malformed_response, "the content length is not a number");
    std::uint64_t length = 0;
    for (char c : value)
      length = length * 10 + static_cast<unsigned>(c - '0');
    if (has_length_ && length != length_)
      return fail(ec, errc::malformed_response, "there are two different content lengths");
    has_length_ = true;
    length_ = length;
  } else if (equal_names(name, "transfer-encoding")) {
    if (chunked_ || !equal_names(value, "chunked"))
      return fail(ec, errc::malformed_response, "the transfer coding is not chunked alone");
    chunked_ = true;
  } else if (equal_names(name, "content-encoding")) {
    coded_ = coded_ || is_coded(value);
  } else if (equal_names(name, "connection")) {
    close_asked_ = close_asked_ || lists(value, "close");
  }
}

void response_reader::end_head(error_code& ec) {
  if (chunked_ && (has_length_ || !http11_))
    return fail(ec, errc::malformed_response,
                has_length_ ? "there are both a content length and a transfer coding" : "HTTP/1.0 has no chunks");
  if ((chunked_ || has_length_) && status_ < 200)
    return fail(ec, errc::malformed_response, "an interim response claims to have a body");
  if (chunked_ && status_ == 204)
    return fail(ec, errc::malformed_response, "a response without content has a transfer coding");
  if (status_ == 101 || (status_ < 200 && !http11_))
    return fail(ec, errc::malformed_response, "the server switches protocols, which was not requested");
  if (status_ < 200) {
    if (++interim_ > limits_.interim)
      return fail(ec, errc::response_too_large, "there are too many interim responses");
    text_.clear();
    line_ = 0;
    field_count_ = 0;
    coded_ = close_asked_ = false;
    return;
  }
  if (!parse_head(text_, head_))
    return fail(ec, errc::malformed_response, "the head is malformed");
  text_ = std::string();
  has_head_ = true;
  keep_alive_ = http11_ && !close_asked_;
  decide_ending(ec);
  head_.keep_alive = keep_alive_;
}

// RFC 9112, section 6.3.
void response_reader::decide_ending(error_code& ec) {
  const bool bodiless = status_ == 204 || status_ == 304;
  if (bodiless || (has_length_ && length_ == 0)) {
    state_ = state::done;
    return;
  }
  // For an error the status says most; a body that cannot be read is not shown.
  if (coded_ && status_ < 300)
    return fail(ec, errc::unexpected_content, "the response has a content coding that was not requested");
  if (chunked_) {
    ending_ = ending::chunked;
    begin_size();
  } else if (has_length_) {
    if (length_ > limits_.body)
      return fail(ec, errc::response_too_large, "the body is over its limit");
    ending_ = ending::length;
    state_ = state::length;
    left_ = length_;
  } else {
    ending_ = ending::close;
    state_ = state::until_close;
    keep_alive_ = false;
  }
}

} // namespace weir::inline v0::http
