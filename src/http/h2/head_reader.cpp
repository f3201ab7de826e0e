#include <algorithm>
#include <string>

#include "http/h2/head_reader.hpp"
#include "http/message/grammar.hpp"

namespace weir::inline v0::http::h2 {

namespace {

bool digits(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

constexpr std::size_t around = 4; // what HTTP/1.1 writes around a name and a value

} // namespace

void head_reader::begin() noexcept {
  fields_ = 0;
  if (has_head_) {
    used_ = 0;
    return;
  }
  head_ = response_head();
  length_.reset();
  coded_ = false;
}

void head_reader::field(std::string_view name, std::string_view value) {
  if (refused_)
    return;
  const auto limit = has_head_ ? limits_.trailers : limits_.head;
  used_ += name.size() + value.size() + around;
  if (used_ > limit)
    return refuse(errc::response_too_large,
                  has_head_ ? "the trailers are over their limit" : "the head is over its limit");
  if (name == ":status")
    return status(value);
  if (!is_token(name))
    return refuse(errc::malformed_response, "a field has no name, or one with a character that is not allowed");
  if (!is_value(value))
    return refuse(errc::malformed_response, "a field's value has a control character");
  if (++fields_ > limits_.fields)
    return refuse(errc::response_too_large, "there are too many fields");
  if (has_head_)
    return;
  if (name == "content-length")
    content_length(value);
  else if (name == "content-encoding")
    coded_ = coded_ || is_coded(value);
  head_.headers.add(std::string(name), std::string(value));
}

void head_reader::status(std::string_view text) {
  if (text.size() != 3 || !digits(text))
    return refuse(errc::malformed_response, "the status is not a number of three digits");
  head_.status = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  if (head_.status < 100 || head_.status > 599)
    refuse(errc::malformed_response, "the status is not in 100–599");
}

void head_reader::content_length(std::string_view text) {
  if (!digits(text) || text.size() > 18)
    return refuse(errc::malformed_response, "the content length is not a number");
  std::uint64_t n = 0;
  for (char c : text)
    n = n * 10 + static_cast<unsigned>(c - '0');
  if (length_ && *length_ != n)
    return refuse(errc::malformed_response, "there are two different content lengths");
  length_ = n;
}

void head_reader::end(bool ends) {
  if (refused_ || has_head_)
    return;
  if (head_.status == 0)
    return refuse(errc::malformed_response, "the head has no status");
  if (head_.status == 101)
    return refuse(errc::malformed_response, "the server switches protocols, which was not requested");
  if (head_.status < 200) {
    if (ends || length_)
      return refuse(errc::malformed_response, "an interim response claims to be the whole, or to have a body");
    if (++interim_ > limits_.interim)
      refuse(errc::response_too_large, "there are too many interim responses");
    return;
  }
  has_head_ = true;
  head_.keep_alive = true;
  decide(ends);
}

void head_reader::decide(bool ends) {
  const bool bodiless = ends || head_.status == 204 || head_.status == 304 || length_ == 0u;
  if (bodiless)
    return;
  // For an error the status says most; a body that cannot be read is not shown.
  if (coded_ && head_.status < 300)
    refuse(errc::unexpected_content, "the response has a content coding that was not requested");
  else if (length_ && *length_ > limits_.body)
    refuse(errc::response_too_large, "the body is over its limit");
}

} // namespace weir::inline v0::http::h2
