#include "provider/chat/dialect_decode.hpp"

#include <algorithm>
#include <utility>

#include <weir/core/base64.hpp>

#include "core/ascii.hpp"
#include "provider/response/in_band_error.hpp"
#include "provider/tasks/task_fields.hpp"

namespace weir::inline v0::provider {

namespace {

bool is_done_mark(std::string_view data) noexcept {
  const auto text = trimmed(data);
  return text == "[DONE]" || text == "\"[DONE]\"";
}

} // namespace

// Most events of a stream have the same name.
bool object_decoder::is_wrong(std::string_view event_type) {
  if (event_type == harmless_)
    return false;
  const bool wrong = is_alarm(event_type);
  if (!wrong)
    harmless_ = event_type;
  return wrong;
}

void object_decoder::on_event(const codec::sse_event& frame, std::vector<event>& out) {
  if (done_)
    return;
  const bool wrong = is_wrong(frame.type);
  // It may also follow an error, and then marks that the connection is at a message boundary.
  if (!wrong && frame.data.size() < 64 && is_done_mark(frame.data)) {
    on_done_mark();
    if (done_)
      settle(out);
    return;
  }
  if (failed_ || (!wrong && is_blank_data(frame.data)))
    return;
  codec::document document;
  error_code ec;
  bool mended = false;
  const auto first = out.size();
  document.read(frame.data, ec, mended);
  const auto& parsed = document.root();
  if (!ec && (parsed.is_number() || parsed.is_bool()))
    return; // a keep-alive counter: no dialect has such pieces
  if (ec || !parsed.is_object()) {
    on_odd_event(frame, out);
    return;
  }
  read(parsed, frame, out);
  mended_ = mended_ || mended;
  if (mended_)
    pairs_.mend(out, first);
  if (done_)
    settle(out);
}

void object_decoder::read(const codec::node& v, const codec::sse_event& frame, std::vector<event>& out) {
  const auto heard = is_wrong(frame.type) ? alarm::error : alarm_in(v);
  if (heard == alarm::error) {
    fail(words_of(v, frame.data));
    return;
  }
  if (heard == alarm::maybe && !suspect_)
    suspect_ = words_of(v, frame.data);
  event_name_ = frame.type;
  const auto first = out.size();
  if (!is_answer(v))
    read_event(v, out);
  else if (read_answer(v, out))
    end();
  if (out.size() == first && is_foreign(v))
    foreign_ = words_of(v, frame.data);
  event_name_ = {};
  if (writer_.contradicted() && !failed_)
    fail(errc::malformed_event, "the server repeats its text in every event, and changed text it had already sent");
}

void object_decoder::on_done_mark() {
  if (has_finished())
    done_ = true;
}

std::string_view object_decoder::type_of(const codec::node& v) const noexcept {
  return codec::string_at(v, "type").value_or(event_name_);
}

bool object_decoder::read_list(const codec::node& list, std::vector<event>& out) {
  codec::sse_event frame;
  for (const auto& v : list.elements())
    if (v.is_object() && !done_ && !failed_)
      read(v, frame, out);
  return has_finished() || failed_ || writer_.answered();
}

void object_decoder::on_body(std::string_view body, std::vector<event>& out) {
  if (done_ || failed_)
    return;
  error_code ec;
  bool mended = false;
  const auto first = out.size();
  codec::document document;
  document.read(body, ec, mended);
  const auto& parsed = document.root();
  if (ec && read_objects(trimmed(body), out)) {
    on_end(out);
    return;
  }
  if (ec || (!parsed.is_object() && !(parsed.is_array() && read_list(parsed, out)))) {
    failed_ =
        failure(errc::unexpected_content, "the response is not a JSON object: check that the URL is an inference API");
    failed_.remote(sanitize(trimmed(body), excerpt_size));
    return;
  }
  if (parsed.is_object() && (alarm_in(parsed) == alarm::error || !read_answer(parsed, out)))
    fail(words_of(parsed, body));
  done_ = !failed_;
  mended_ = mended;
  if (mended_)
    pairs_.mend(out, first);
  on_end(out);
}

void object_decoder::on_end(std::vector<event>& out) {
  settle(out);
  if (failed_)
    return;
  if (suspect_ && !has_finished())
    return fail(*suspect_);
  check_answered();
  if (!foreign_ || result() != outcome::truncated)
    return;
  if (!failed_)
    fail(errc::truncated, "the stream ended without its end signal, after an event that is not part of an answer");
  failed_.remote(sanitize(foreign_->message)).remote_code(sanitize(foreign_->code, 128));
}

void object_decoder::settle(std::vector<event>& out) {
  if (std::exchange(closed_, true))
    return;
  const auto first = out.size();
  close(out);
  writer_.settle(out);
  if (mended_)
    pairs_.mend(out, first);
  pairs_.end(out);
}

void object_decoder::check_answered() {
  if (!whole() || finish_known_ || writer_.answered())
    return;
  auto words = std::string("the provider ended its answer without any text or tool call");
  if (!unknown_reason_.empty())
    words += " (\"" + sanitize(unknown_reason_, 128) + "\")";
  fail(errc::truncated, std::move(words));
}

outcome object_decoder::result() const noexcept {
  if (failed_)
    return failed_.code() == condition::truncated && failed_.code() != errc::in_band_error ? outcome::truncated
                                                                                           : outcome::in_band_error;
  return whole() && (finish_known_ || writer_.answered()) ? outcome_ : outcome::truncated;
}

std::size_t object_decoder::slot_of(std::uint64_t choice) {
  const auto slot = writer_.slot_of(choice);
  if (slot == answer_writer::none) {
    fail(errc::malformed_event, "the answer has more than 1024 choices");
    return 0;
  }
  return slot;
}

void object_decoder::say(event::kind k, std::string_view text, std::vector<event>& out, std::size_t slot) {
  if (writer_.slots() == 0)
    writer_.slot_of(0);
  writer_.piece(k, slot, text, out);
}

void object_decoder::say(event::kind k, const codec::node& v, std::string_view key, std::vector<event>& out) {
  say(k, codec::string_at(v, key).value_or(""), out);
}

void object_decoder::say_whole(event::kind k, std::string_view text, std::vector<event>& out) {
  writer_.whole(k, writer_.slot_of(0), text, out);
}

std::uint32_t object_decoder::calls() { return static_cast<std::uint32_t>(writer_.calls(writer_.slot_of(0)).size()); }

std::uint32_t object_decoder::begin_call(std::string_view id, std::string_view name, std::string_view arguments,
                                         std::vector<event>& out) {
  const auto slot = writer_.slot_of(0);
  const auto p = whole_piece(id, name, arguments);
  const auto place = writer_.calls(slot).place_in_whole(p, writer_.calls(slot).size());
  if (place == merged_calls::none) {
    fail(errc::malformed_event, "the answer has more than 1024 tool calls");
    return 0;
  }
  writer_.call(slot, place, p, answer_writer::naming::whole, false, out);
  return static_cast<std::uint32_t>(place);
}

void object_decoder::more_of_call(std::uint32_t at, std::string_view arguments, std::vector<event>& out) {
  if (!arguments.empty())
    writer_.call(0, at, whole_piece({}, {}, arguments), answer_writer::naming::whole, false, out);
}

void object_decoder::whole_call(std::uint32_t at, const call_piece& all, std::vector<event>& out) {
  writer_.call(0, at, all, answer_writer::naming::whole, true, out);
}

void object_decoder::show(std::string_view what, std::string_view type, std::vector<event>& out, std::size_t slot,
                          std::string_view id) {
  if (what.empty())
    return;
  media m;
  if (auto inside = read_data_url(what))
    m = std::move(*inside);
  else if (what.starts_with("http://") || what.starts_with("https://"))
    m = media::at(std::string(what));
  else if (auto bytes = decode_base64(what, base64_space::skip); bytes && !bytes->empty())
    m = media(std::move(*bytes), std::string(type));
  else
    return remark("skipped an image or audio that is neither base64 nor a URL");
  if (writer_.slots() == 0)
    writer_.slot_of(0);
  writer_.medium(slot, id, std::move(m), out);
}

void object_decoder::finish(std::string_view reason, std::vector<event>& out, std::size_t slot,
                            std::optional<std::uint64_t> seed, std::string_view words) {
  finish_as(ending_of(reason), reason, out, slot, seed, words);
}

void object_decoder::finish_as(ending meant, std::string_view reason, std::vector<event>& out, std::size_t slot,
                               std::optional<std::uint64_t> seed, std::string_view words) {
  if (meant == ending::failed) {
    remote_error e;
    e.code = reason;
    e.status = status_of_ending(reason);
    e.message = words.empty() ? "the answer ended with \"" + std::string(reason) + "\"" : std::string(words);
    fail(std::move(e));
    return;
  }
  if (writer_.slots() == 0)
    writer_.slot_of(0);
  if (writer_.finished(slot))
    return;
  if (meant != ending::unknown) {
    finish_known_ = true;
  } else if (unknown_reason_.empty()) {
    unknown_reason_ = reason;
    remark("unknown finish reason \"" + sanitize(reason, 64) + "\"");
  }
  const auto how = outcome_of(meant);
  if (how == outcome::filtered || outcome_ == outcome::complete)
    outcome_ = how;
  writer_.finish(slot, reason, seed, out);
}

void object_decoder::fail(remote_error e) { failed_ = in_band_failure(e, writer_.said()); }

void object_decoder::remark(std::string_view what) {
  if (info_.remark.find(what) != std::string::npos || info_.remark.size() > 1024)
    return;
  info_.remark += info_.remark.empty() ? "" : "; ";
  info_.remark += what;
}

void keep_first(std::string& kept, const codec::node& v, std::string_view key) {
  if (kept.empty())
    kept = codec::string_at(v, key).value_or("");
}

std::optional<std::uint64_t> sum_of(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b) noexcept {
  return a && b ? std::optional(*a + *b) : a ? a : b;
}

void put_total(usage& u) noexcept {
  if (!u.total_tokens && u.prompt_tokens && u.completion_tokens)
    u.total_tokens = *u.prompt_tokens + *u.completion_tokens;
}

std::string_view arguments_text(const codec::node* v, std::string& made) {
  if (!v)
    return {};
  return v->is_string() ? v->get_string() : made = codec::to_text(*v);
}

call_piece whole_piece(std::string_view id, std::string_view name, std::string_view arguments) {
  call_piece p;
  p.id = id;
  p.name = name;
  p.arguments = arguments;
  return p;
}

remote_error words_of(const codec::node& v, std::string_view text) { return words_of(codec::to_value(v), text); }

remote_error words_of(const codec::json::value& v, std::string_view text) {
  auto e = read_error(v);
  if (e.message.empty())
    e.message = trimmed(text).substr(0, excerpt_size);
  return e;
}

} // namespace weir::inline v0::provider
