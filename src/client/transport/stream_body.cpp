#include "client/transport/stream_body.hpp"

#include <algorithm>

#include "codec/json/json.hpp"
#include "codec/text/sniff.hpp"
#include "http/message/types.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::string_view blanks = " \t\r\n";

// A whole one, that is.
bool is_event(std::string_view data) {
  error_code ec;
  return data == "[DONE]" || codec::parse_answer(data, ec).is_object();
}

} // namespace

stream_body::stream_body(std::string_view content_type) : label_(read(content_type)) {}

stream_body::label stream_body::read(std::string_view type) noexcept {
  const auto is = [type](std::string_view wanted) {
    return type.size() >= wanted.size() && http::equal_names(type.substr(0, wanted.size()), wanted);
  };
  if (type.empty())
    return label::none;
  if (is("text/event-stream"))
    return label::events;
  if (is("application/x-ndjson") || is("application/jsonl") || is("application/x-jsonlines"))
    return label::lines;
  return is("application/json") ? label::json : label::other;
}

stream_body::form stream_body::by_label() const noexcept {
  switch (label_) {
  case label::events:
  case label::none: return form::events;
  case label::lines: return held_.empty() ? form::lines : form::unreadable;
  case label::json: return form::whole;
  case label::other: break;
  }
  return form::unreadable;
}

stream_body::form stream_body::decide() const {
  switch (codec::sniff(held_)) {
  case codec::content::events: return form::events;
  case codec::content::page:
  case codec::content::markup: return form::unreadable;
  case codec::content::json: return label_ == label::lines ? form::lines : form::undecided;
  case codec::content::nothing:
  case codec::content::text:
  case codec::content::binary: break;
  }
  return by_label();
}

// Whether something follows the first line.
bool stream_body::another_line() {
  if (line_end_ == held_.npos)
    line_end_ = held_.find('\n', looked_);
  const bool more =
      line_end_ != held_.npos && held_.find_first_not_of(blanks, std::max(line_end_, looked_)) != held_.npos;
  looked_ = held_.size();
  return more;
}

void stream_body::become(form f) {
  form_ = f;
  if (f == form::events)
    sse_.feed(held_);
  else if (f == form::lines)
    lines_.feed(held_);
}

bool stream_body::feed(std::string_view piece, std::size_t limit) {
  if (form_ == form::events) {
    sse_.feed(piece);
    return true;
  }
  if (form_ == form::lines) {
    lines_.feed(piece);
    return true;
  }
  if (piece.size() > limit - held_.size())
    return false;
  if (held_.empty()) // Blank lines keep a connection alive, and say nothing.
    piece.remove_prefix(std::min(piece.find_first_not_of(blanks), piece.size()));
  held_ += piece;
  if (form_ != form::undecided || (looked_ == 0 && codec::undecided(held_)))
    return true;
  if (looked_ == 0)
    become(decide());
  if (form_ == form::undecided && another_line())
    become(codec::several_objects(held_) ? form::lines : form::whole);
  return true;
}

bool stream_body::last(codec::sse_event& frame) {
  if (!(form_ == form::lines ? lines_.finish(frame.data) : form_ == form::events && sse_.finish(frame)))
    return false;
  if (frame.type == "error" || is_event(frame.data))
    return true;
  // Of events that no blank line separates only the last one can have been cut.
  const auto end = frame.data.rfind('\n');
  if (end == frame.data.npos)
    return false;
  if (!is_event(frame.data.substr(end + 1)))
    frame.data = frame.data.substr(0, end);
  return is_event(frame.data.substr(0, frame.data.find('\n')));
}

void stream_body::end() {
  if (form_ == form::undecided)
    become(codec::sniff(held_) == codec::content::json ? form::whole : by_label());
}

} // namespace weir::inline v0
