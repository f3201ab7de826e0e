#include "provider/chat/openai/openai_decode.hpp"

#include <algorithm>

#include "provider/answer/shared_details.hpp"
#include "provider/chat/common_encode.hpp"
#include "provider/chat/openai/openai_parts.hpp"

namespace weir::inline v0::provider {

namespace {

using codec::node;

void keep_text(std::string& kept, const node& v) {
  if (kept.empty() && v.is_string())
    kept = v.get_string();
}

// The reason itself or, from some engines, an object with its type. A null that a wrapper wrote as text is no reason.
std::string_view reason_text(const node& v) noexcept {
  const auto reason = v.is_string() ? v.get_string() : codec::string_at(v, "type").value_or("");
  return reason == "null" || reason == "None" ? std::string_view() : reason;
}

} // namespace

void openai_decoder::on_event(const codec::sse_event& frame, std::vector<event>& out) {
  const bool usual = frame.type.empty() && !done() && !failed() && !mended();
  if (const auto text = usual ? usual_.match(frame.data) : std::string_view(); !text.empty()) {
    say(usual_.kind(), text, out, writer_.slot_of(usual_.choice()));
    return;
  }
  const auto first = out.size();
  text_key_ = {};
  loose_keys_.clear();
  object_decoder::on_event(frame, out);
  if (!usual || text_key_.empty() || failed() || mended() || out.size() != first + 1 || out.back().more())
    return;
  if (!usual_.is_loose())
    loose_keys_.clear();
  if (usual_.is_eager())
    usual_.learn(frame.data, text_key_, loose_keys_, out.back());
  usual_.missed();
}

void openai_decoder::read_event(const node& v, std::vector<event>& out) { read_chunk(v, out); }

bool openai_decoder::read_answer(const node& v, std::vector<event>& out) {
  if (!codec::array_at(v, "choices"))
    return false;
  read_chunk(v, out);
  return true;
}

void openai_decoder::read_chunk(const node& chunk, std::vector<event>& out) {
  const node* choices = nullptr;
  const node* counts = nullptr;
  for (const auto member : chunk.members()) {
    const auto key = member.key();
    const auto& v = member.value();
    if (key == "choices")
      choices = &v;
    else if (key == "usage" && v.is_object())
      counts = &v;
    else if (key == "x_groq" && !counts)
      counts = codec::find(v, "usage");
    else if (key == "id")
      keep_id(v);
    else if (key == "model")
      keep_text(info_.model, v);
    else if (key == "service_tier")
      keep_text(info_.service_tier, v);
    else if (key == "system_fingerprint")
      keep_text(info_.system_fingerprint, v);
    else if (key == "created")
      keep_created(v);
    else if (key == "obfuscation" || key == "p")
      note_loose(true, v); // so that the size of a chunk tells nothing of its text
    else if (key == "prompt_filter_results")
      read_filters(chunk, out);
  }
  if (choices && choices->is_array())
    read_choices(*choices, out);
  if (counts && !failed())
    report(read_usage(*counts), out);
}

void openai_decoder::keep_id(const node& v) {
  keep_text(info_.id, v);
  note_loose(!info_.id.empty(), v);
}

void openai_decoder::keep_created(const node& v) {
  if (info_.created == 0 && v.is_int64())
    info_.created = v.get_int64();
  note_loose(info_.created != 0, v);
}

void openai_decoder::read_choices(const node& choices, std::vector<event>& out) {
  std::vector<std::uint64_t> seen;
  std::size_t place = 0;
  for (const auto& choice : choices.elements()) {
    const auto here = place++;
    if (failed())
      return;
    if (!choice.is_object())
      continue;
    auto number = codec::uint_at(choice, "index").value_or(here);
    // Some servers number every choice in a list 0; pieces of one choice may also appear side by side.
    if (choices.size() > 1) {
      if (codec::contains(choice, "message") && std::find(seen.begin(), seen.end(), number) != seen.end())
        number = here;
      seen.push_back(number);
    }
    const auto slot = slot_of(number);
    if (!failed())
      read_choice(choice, slot, out);
  }
}

void openai_decoder::read_choice(const node& choice, std::size_t slot, std::vector<event>& out) {
  const node* delta = nullptr;
  const node* message = nullptr;
  const node* text = nullptr;
  const node* odds = nullptr;
  const node* wrong = nullptr;
  const node* counts = nullptr;
  const node* calls = nullptr; // beside the delta, where a few servers put them
  std::string_view reason, words;
  std::optional<std::uint64_t> seed;
  for (const auto member : choice.members()) {
    const auto key = member.key();
    const auto& value = member.value();
    if (key == "delta" && (value.is_object() || value.is_string()))
      delta = &value;
    else if (key == "message" && (value.is_object() || value.is_string()))
      message = &value;
    else if (key == "text")
      text = &value;
    else if (key == "logprobs" && value.is_object())
      odds = &value;
    else if (key == "finish_reason")
      reason = reason_text(value), words = codec::string_at(value, "message").value_or("");
    else if (key == "tool_calls" && value.is_array())
      calls = &value;
    else if (key == "error" && (value.is_object() || has_text(value)))
      wrong = &value;
    else if (key == "usage" && value.is_object())
      counts = &value;
    else if (key == "seed" && value.is_number())
      seed = codec::uint_of(value);
  }
  const auto first = out.size();
  // In chat, servers of both APIs send the same text twice.
  if (text && (kind_ == api::completions || (!delta && !message))) {
    if (has_text(*text))
      tell(event::kind::text, form::delta, text->get_string(), slot, out);
    note_text(form::delta, *text);
  }
  for (const auto* body : {delta, message}) {
    const auto f = body == delta ? form::delta : form::message;
    if (!body || failed())
      continue;
    if (body->is_object())
      read_body(*body, f, slot, out);
    else
      tell(event::kind::text, f, body->get_string(), slot, out);
  }
  if (calls && !failed())
    read_calls(*calls, form::delta, slot, out);
  if (odds && !failed())
    put_odds(*odds, slot, first, out);
  if (wrong && !failed())
    fail(words_of(codec::json::object{{"error", codec::to_value(*wrong)}}, codec::to_text(*wrong)));
  if (!reason.empty() && !failed())
    finish(reason, out, slot, seed, words);
  if (counts && !failed())
    report(read_usage(*counts), out);
}

// Azure reports in a response without choices that the prompt was filtered.
void openai_decoder::read_filters(const node& chunk, std::vector<event>& out) {
  if (const auto* choices = codec::array_at(chunk, "choices"); choices && !choices->empty())
    return;
  if (const auto* list = codec::array_at(chunk, "prompt_filter_results"); list)
    for (const auto& one : list->elements())
      if (is_filtered(one))
        return finish("content_filter", out);
}

void openai_decoder::put_odds(const node& odds, std::size_t slot, std::size_t first, std::vector<event>& out) {
  event::details more;
  more.logprobs = read_logprobs(odds);
  if (more.logprobs.empty())
    return;
  // They belong to the text of the same chunk; a token may also have none.
  auto i = first;
  while (i < out.size() && !out[i].is(event::kind::text))
    ++i;
  if (i == out.size())
    out.emplace_back(event::kind::text, std::string(), writer_.number_of(slot));
  out[i] = event(event::kind::text, out[i].content(), writer_.number_of(slot), shared(std::move(more)));
}

bool openai_decoder::all_finished() const noexcept {
  for (std::size_t i = 0; i < writer_.slots(); ++i)
    if (!writer_.finished(i))
      return false;
  return writer_.slots() != 0 && writer_.slots() >= answers_;
}

std::unique_ptr<decoder> chat_decoder(std::size_t answers) {
  return std::make_unique<openai_decoder>(openai_decoder::api::chat, answers);
}

bool announces_stream(const route& to) noexcept {
  const auto* dialect = to.what == task::chat ? vendor_of(to).dialect : nullptr;
  return dialect && dialect->follow;
}

http::request stream_request(const route& to, std::string_view body) { return vendor_of(to).dialect->follow(to, body); }

std::unique_ptr<decoder> chat_decoder(const route& to, std::size_t answers) {
  const auto* dialect = vendor_of(to).dialect;
  return dialect ? dialect->make_decoder(answers) : chat_decoder(answers);
}

namespace {

completion whole(decoder& d, std::string_view body) {
  std::vector<event> events;
  d.on_body(body, events);
  completion c;
  for (const auto& e : events)
    c.add(e);
  c.outcome = d.result();
  c.info = d.info();
  c.failure = d.failed();
  return c;
}

} // namespace

completion decode_chat(std::string_view body) { return whole(*chat_decoder(), body); }
completion decode_chat(const route& to, std::string_view body) { return whole(*chat_decoder(to), body); }

} // namespace weir::inline v0::provider
