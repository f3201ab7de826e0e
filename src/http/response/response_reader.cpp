// The states of the reader and the framing of bodies; heads are in response_head.cpp.
#include <algorithm>

#include "core/ascii.hpp"
#include "http/message/grammar.hpp"
#include "http/response/response_reader.hpp"

namespace weir::inline v0::http {

namespace {

// A size of 2^60 or more is refused: 15 digits leave no room for overflow, leading zeros none for floods.
constexpr unsigned max_size_digits = 15;

} // namespace

void response_reader::fail(error_code& ec, errc code, std::string_view why) {
  state_ = state::failed;
  problem_ = why;
  ec = error_ = make_error_code(code);
}

std::size_t response_reader::next(std::string_view in, std::string_view& body, error_code& ec) {
  body = {};
  ec = error_;
  if (in.empty() || ec)
    return 0;
  started_ = true;
  switch (state_) {
  case state::head: return next_head(in, ec);
  case state::trailer: return next_trailer(in, ec);
  case state::length: return take_data(in, body, state::done, ec);
  case state::until_close: left_ = in.size(); return take_data(in, body, state::until_close, ec);
  case state::done:
  case state::failed: return 0;
  default: return next_chunk(in, body, ec);
  }
}

void response_reader::finish(error_code& ec) {
  ec = error_;
  if (ec || done())
    return;
  if (state_ == state::until_close) {
    state_ = state::done;
    return;
  }
  fail(ec, errc::connection_lost,
       started_ ? "the connection ended before the response was complete"
                : "the connection ended before a response began");
}

std::size_t response_reader::take_data(std::string_view in, std::string_view& body, state then, error_code& ec) {
  const auto n = static_cast<std::size_t>(std::min({left_, std::uint64_t{in.size()}, limits_.body - body_}));
  if (n == 0) {
    fail(ec, errc::response_too_large, "the body is over its limit");
    return 0;
  }
  body = in.substr(0, n);
  body_ += n;
  left_ -= n;
  if (left_ == 0)
    state_ = then;
  return n;
}

void response_reader::begin_size() {
  state_ = state::size;
  size_digits_ = 0;
  left_ = 0;
}

std::size_t response_reader::next_chunk(std::string_view in, std::string_view& body, error_code& ec) {
  // The usual case in one pass: the end of the last chunk, a plain size line and data, all there.
  const char* p = in.data();
  const char* const end = p + in.size();
  if (state_ == state::data_cr && end - p >= 2 && p[0] == '\r' && p[1] == '\n') {
    p += 2;
    begin_size();
  }
  if (state_ == state::size && size_digits_ == 0) {
    std::uint64_t size = 0;
    const char* q = p;
    while (q != end && q - p < 8) {
      const int digit = hex_value(*q);
      if (digit < 0)
        break;
      size = size * 16 + static_cast<unsigned>(digit);
      ++q;
    }
    if (q != p && *p != '0' && end - q > 2 && q[0] == '\r' && q[1] == '\n') {
      left_ = size;
      state_ = state::data;
      p = q + 2;
    }
  }
  if (state_ != state::data) {
    const auto skipped = static_cast<std::size_t>(p - in.data());
    in.remove_prefix(skipped);
    return skipped + (in.empty() ? 0 : next_framing(in, ec));
  }
  const auto skipped = static_cast<std::size_t>(p - in.data());
  return skipped + take_data(in.substr(skipped), body, state::data_cr, ec);
}

// Byte by byte: lines that are split, padded or extended, and everything wrong.
std::size_t response_reader::next_framing(std::string_view in, error_code& ec) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    const char c = in[i];
    switch (state_) {
    case state::size: {
      if (const int digit = hex_value(c); digit >= 0) {
        if (++size_digits_ > max_size_digits) {
          fail(ec, errc::malformed_response, "a chunk size has too many digits");
          return i;
        }
        if (left_ == 0 && size_digits_ > 1)
          wasted(1, ec);
        left_ = left_ * 16 + static_cast<unsigned>(digit);
        break;
      }
      if (size_digits_ == 0) {
        fail(ec, errc::malformed_response, "a chunk does not start with its size");
        return i;
      }
      extension_ = 0;
      if (c == '\r') {
        state_ = state::size_lf;
      } else if (c == ';' || c == ' ' || c == '\t') {
        state_ = state::extension;
        extension_named_ = c == ';';
        ++extension_;
        wasted(1, ec);
      } else {
        fail(ec, errc::malformed_response, "a chunk size is not a hexadecimal number");
      }
      break;
    }
    case state::extension:
      if (c == '\r') {
        if (!extension_named_)
          fail(ec, errc::malformed_response, "a chunk size is followed by spaces");
        else
          state_ = state::size_lf;
        break;
      }
      if (!is_value_char(c) || (!extension_named_ && c != ';' && c != ' ' && c != '\t')) {
        fail(ec, errc::malformed_response, "a chunk extension has a character that is not allowed");
        break;
      }
      extension_named_ = extension_named_ || c == ';';
      if (++extension_ > limits_.chunk_extension)
        fail(ec, errc::response_too_large, "a chunk extension is over its limit");
      else
        wasted(1, ec);
      break;
    case state::size_lf:
      if (c != '\n')
        fail(ec, errc::malformed_response, "a chunk-size line does not end with CR LF");
      else if (left_ != 0)
        state_ = state::data;
      else
        begin_trailers();
      break;
    case state::data_cr:
      if (c != '\r')
        fail(ec, errc::malformed_response, "a chunk is longer than its size");
      else
        state_ = state::data_lf;
      break;
    case state::data_lf:
      if (c != '\n')
        fail(ec, errc::malformed_response, "a chunk does not end with CR LF");
      else
        begin_size();
      break;
    default: return i;
    }
    if (ec)
      return i + 1;
  }
  return in.size();
}

void response_reader::wasted(std::size_t bytes, error_code& ec) {
  wasted_ += bytes;
  if (wasted_ > body_ && wasted_ - body_ > limits_.chunk_overhead)
    fail(ec, errc::response_too_large, "the chunk-size lines carry too much beside the sizes");
}

void response_reader::begin_trailers() {
  state_ = state::trailer;
  used_ = 0;
  field_count_ = 0;
  line_ = 0;
  text_.clear();
}

} // namespace weir::inline v0::http
