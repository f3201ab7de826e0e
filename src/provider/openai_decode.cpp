#include "provider/openai_decode.hpp"

#include <algorithm>

#include "provider/encode.hpp"
#include "provider/openai_parts.hpp"

namespace weir::provider {

namespace {

namespace json = codec::json;

bool has_text(const json::value& v) noexcept { return v.is_string() && !v.get_string().empty(); }

void keep_text(std::string& kept, const json::value& v) {
  if (kept.empty() && v.is_string())
    kept.assign(v.get_string().data(), v.get_string().size());
}

// The word itself, or, as some engines have it, an object with its type. Wrappers that write out what another language
// calls nothing end no answer.
std::string_view reason_text(const json::value& v) noexcept {
  const auto reason = v.is_string() ? view(v.get_string()) : codec::string_at(v, "type").value_or("");
  return reason == "null" || reason == "None" ? std::string_view() : reason;
}

// Of all names that reasoning has; servers between two of them send the same text as both.
bool is_reasoning(std::string_view key) noexcept {
  constexpr std::string_view names[] = {"reasoning", "reasoning_content", "reasoning_text", "thinking", "thinking_content", "thought"};
  return std::find(std::begin(names), std::end(names), key) != std::end(names);
}

std::string_view reasoning_text(const json::value& v) noexcept {
  return v.is_string() ? view(v.get_string()) : codec::string_at(v, "content").value_or(codec::string_at(v, "text").value_or(""));
}

// Assistants' APIs have {"text": {"value": "…"}}.
std::string_view part_text(const json::value& part) noexcept {
  const auto* text = codec::find(part, "text");
  return text && text->is_object() ? codec::string_at(*text, "value").value_or("") : codec::string_at(part, "text").value_or("");
}

// Which number the only call of the old form has: no server counts so far.
constexpr std::uint64_t old_call = ~std::uint64_t{0};

} // namespace

std::string id_text(const json::value* v) {
  if (!v)
    return {};
  if (v->is_string())
    return to_string(v->get_string());
  return v->is_number() ? codec::to_text(*v) : std::string();
}

void openai_decoder::on_event(const codec::sse_event& frame, std::vector<event>& out) {
  const bool usual = frame.type.empty() && !done() && !failed() && !mended();
  if (const auto text = usual ? usual_.match(frame.data) : std::string_view(); !text.empty()) {
    say(usual_.kind(), text, out, writer_.slot_of(usual_.choice()));
    return;
  }
  const auto first = out.size();
  text_key_ = {};
  object_decoder::on_event(frame, out);
  if (usual && !text_key_.empty() && !failed() && out.size() == first + 1 && !out.back().more())
    usual_.learn(frame.data, text_key_, out.back());
}

void openai_decoder::read_event(const json::value& v, std::vector<event>& out) { read_chunk(v.get_object(), out); }

bool openai_decoder::read_answer(const json::value& v, std::vector<event>& out) {
  if (!codec::array_at(v, "choices"))
    return false;
  read_chunk(v.get_object(), out);
  return true;
}

void openai_decoder::read_chunk(const json::object& chunk, std::vector<event>& out) {
  const json::value* choices = nullptr;
  const json::value* counts = nullptr;
  for (const auto& member : chunk) {
    const auto key = member.key();
    const auto& v = member.value();
    if (key == "choices")
      choices = &v;
    else if (key == "usage" && v.is_object())
      counts = &v;
    else if (key == "x_groq" && !counts)
      counts = codec::find(v, "usage");
    else if (key == "id")
      keep_text(info_.id, v);
    else if (key == "model")
      keep_text(info_.model, v);
    else if (key == "system_fingerprint")
      keep_text(info_.system_fingerprint, v);
    else if (key == "created" && info_.created == 0 && v.is_int64())
      info_.created = v.get_int64();
    else if (key == "prompt_filter_results")
      read_filters(chunk, out);
  }
  if (choices && choices->is_array())
    read_choices(choices->get_array(), out);
  if (counts && !failed())
    report(read_usage(*counts), out);
}

void openai_decoder::read_choices(const json::array& choices, std::vector<event>& out) {
  std::vector<std::uint64_t> seen;
  for (std::size_t i = 0; i < choices.size() && !failed(); ++i) {
    const auto* choice = choices[i].if_object();
    if (!choice)
      continue;
    const auto place = choices.size() > 1 ? i : 0;
    auto number = codec::uint_at(choices[i], "index").value_or(place);
    // Some servers number every answer of a list 0; pieces of one may well stand beside each other.
    if (choice->contains("message") && std::find(seen.begin(), seen.end(), number) != seen.end())
      number = place;
    seen.push_back(number);
    const auto slot = slot_of(number);
    if (!failed())
      read_choice(*choice, slot, out);
  }
}

void openai_decoder::read_choice(const json::object& choice, std::size_t slot, std::vector<event>& out) {
  const json::value* delta = nullptr;
  const json::value* message = nullptr;
  const json::value* text = nullptr;
  const json::value* odds = nullptr;
  const json::value* wrong = nullptr;
  const json::value* counts = nullptr;
  const json::value* calls = nullptr; // beside the delta, as a few servers have them
  std::string_view reason, words;
  std::optional<std::uint64_t> seed;
  for (const auto& member : choice) {
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
      seed = codec::uint_at(json::object{{"seed", value}}, "seed");
  }
  const auto first = out.size();
  // In chat, servers of both APIs send the same text twice.
  if (text && (kind_ == api::completions || (!delta && !message))) {
    if (has_text(*text))
      tell(event::kind::text, form::delta, view(text->get_string()), slot, out);
    text_key_ = "text";
  }
  for (const auto* body : {delta, message}) {
    const auto f = body == delta ? form::delta : form::message;
    if (!body || failed())
      continue;
    if (body->is_object())
      read_body(body->get_object(), f, slot, out);
    else
      tell(event::kind::text, f, view(body->get_string()), slot, out);
  }
  if (calls && !failed())
    read_calls(*calls, form::delta, slot, out);
  if (odds && !failed())
    put_odds(*odds, slot, first, out);
  if (wrong && !failed())
    fail(words_of(json::object{{"error", *wrong}}, codec::to_text(*wrong)));
  if (!reason.empty() && !failed())
    finish(reason, out, slot, seed, words);
  if (counts && !failed())
    report(read_usage(*counts), out);
}

void openai_decoder::read_body(const json::object& body, form f, std::size_t slot, std::vector<event>& out) {
  const json::value* content = nullptr;
  const json::value* text = nullptr;
  const json::value* reasoning = nullptr;
  const json::value* details = nullptr;
  const json::value* refusal = nullptr;
  const json::value* calls = nullptr;
  const json::value* old = nullptr;
  const json::value* images = nullptr;
  const json::value* audio = nullptr;
  for (const auto& member : body) {
    const auto key = member.key();
    const auto& v = member.value();
    if (key == "content")
      content = &v;
    else if (key == "text" && has_text(v))
      text = &v;
    else if (is_reasoning(key) && !reasoning_text(v).empty())
      reasoning = &v;
    else if ((key == "reasoning_details" || key == "thinking_blocks") && v.is_array())
      details = &v;
    else if (key == "refusal")
      refusal = &v;
    else if (key == "tool_calls" && (v.is_array() || v.is_object()))
      calls = &v;
    else if (key == "function_call" && v.is_object())
      old = &v;
    else if (key == "images" && v.is_array())
      images = &v;
    else if (key == "audio" && v.is_object())
      audio = &v;
  }
  if (reasoning)
    tell(event::kind::reasoning, f, reasoning_text(*reasoning), slot, out);
  else if (details)
    tell(event::kind::reasoning, f, reasoning_of(details->get_array()), slot, out);
  if (content)
    read_content(*content, f, slot, out);
  else if (text)
    tell(event::kind::text, f, view(text->get_string()), slot, out);
  if (refusal && has_text(*refusal))
    tell(event::kind::refusal, f, view(refusal->get_string()), slot, out);
  if (audio)
    read_audio(*audio, f, slot, out);
  if (images)
    for (const auto& image : images->get_array())
      show(image.is_string() ? view(image.get_string()) : image_of(image), {}, out, slot);
  if (calls)
    read_calls(*calls, f, slot, out);
  if (old && (!calls || writer_.calls(slot).size() == 0) && !failed())
    read_old_call(*old, f, slot, out);
  pieces_seen_ = pieces_seen_ || f == form::delta;
}

// A message in a stream of nothing but messages may be a piece: it is one if it does not repeat what was said.
void openai_decoder::tell(event::kind k, form f, std::string_view text, std::size_t slot, std::vector<event>& out) {
  if (f == form::message && (pieces_seen_ || !writer_.has(k, slot) || writer_.has_just(k, slot, text)))
    writer_.whole(k, slot, text, out);
  else
    writer_.piece(k, slot, text, out);
}

// Mistral's reasoning models send `[{type: thinking, thinking: [{text}]}, {type: text, text}]`.
void openai_decoder::read_content(const json::value& v, form f, std::size_t slot, std::vector<event>& out) {
  if (has_text(v)) {
    tell(event::kind::text, f, view(v.get_string()), slot, out);
    text_key_ = "content";
    return;
  }
  std::string text, reasoning;
  if (const auto* parts = v.if_array())
    for (const auto& part : *parts)
      read_part(part, slot, text, reasoning, out);
  else
    read_part(v, slot, text, reasoning, out);
  tell(event::kind::reasoning, f, reasoning, slot, out);
  tell(event::kind::text, f, text, slot, out);
}

void openai_decoder::read_part(const json::value& part, std::size_t slot, std::string& text, std::string& reasoning,
                               std::vector<event>& out) {
  if (part.is_string())
    text += view(part.get_string());
  const auto type = codec::string_at(part, "type").value_or("text");
  if (type == "refusal")
    say(event::kind::refusal, codec::string_at(part, "refusal").value_or(""), out, slot);
  else if (type == "reasoning")
    reasoning += codec::string_at(part, "text").value_or(codec::string_at(part, "summary").value_or(""));
  else
    text += part_text(part);
  show(image_of(part), {}, out, slot);
  if (const auto* thinking = codec::find(part, "thinking")) {
    if (thinking->is_string())
      reasoning += view(thinking->get_string());
    if (const auto* thoughts = thinking->if_array())
      for (const auto& thought : *thoughts)
        reasoning += codec::string_at(thought, "text").value_or("");
  }
}

// What is spoken is the answer's text where there is no other.
void openai_decoder::read_audio(const json::value& v, form f, std::size_t slot, std::vector<event>& out) {
  tell(event::kind::text, f, codec::string_at(v, "transcript").value_or(""), slot, out);
  const auto id = codec::string_at(v, "id").value_or("audio");
  show(codec::string_at(v, "data").value_or(""), {}, out, slot, id);
}

void openai_decoder::read_calls(const json::value& v, form f, std::size_t slot, std::vector<event>& out) {
  if (const auto* list = v.if_array()) {
    for (std::size_t i = 0; i < list->size() && !failed(); ++i)
      read_call((*list)[i], i, list->size(), f, slot, out);
    return;
  }
  // A list whose places became names on its way: {"0": {…}}
  const auto& o = v.get_object();
  const bool by_number = !o.empty() && o.begin()->value().is_object() &&
                         o.begin()->key().find_first_not_of("0123456789") == std::string_view::npos;
  if (!by_number)
    return read_call(v, 0, 1, f, slot, out);
  std::size_t i = 0;
  for (const auto& member : o)
    if (!failed())
      read_call(member.value(), i++, o.size(), f, slot, out);
}

void openai_decoder::read_call(const json::value& v, std::size_t position, std::size_t of, form f, std::size_t slot,
                               std::vector<event>& out) {
  if (!v.is_object())
    return;
  call_piece p;
  // Gateways between two APIs leave the inner object out.
  const json::value* inner = &v;
  for (const auto* key : {"function", "custom"})
    if (const auto* found = codec::find(v, key); found && found->is_object() && inner == &v)
      inner = found;
  p.name = codec::string_at(*inner, "name").value_or("");
  // TGI 1.4 calls them parameters.
  for (const auto* key : {"arguments", "input", "parameters"})
    if (p.arguments.empty())
      p.arguments = arguments_text(codec::find(*inner, key));
  p.id = id_text(codec::find(v, "id"));
  if (p.id.empty())
    p.id = id_text(codec::find(v, "call_id"));
  if (p.id.empty() && p.name.empty() && p.arguments.empty())
    return;
  p.index = codec::uint_at(v, "index");
  auto& known = writer_.calls(slot);
  const auto place = f == form::message ? known.place_in_whole(p, position) : known.place_of(p, position, of);
  if (place == merged_calls::none) {
    fail(errc::malformed_event, "the answer has over 1024 tool calls");
    return;
  }
  const auto naming = f == form::message ? answer_writer::naming::whole : answer_writer::naming::may_go_on;
  writer_.call(slot, place, p, naming, f == form::message, out);
}

// `function_call`, of which an answer had only one.
void openai_decoder::read_old_call(const json::value& v, form f, std::size_t slot, std::vector<event>& out) {
  call_piece p;
  p.index = old_call;
  p.name = codec::string_at(v, "name").value_or("");
  p.arguments = arguments_text(codec::find(v, "arguments"));
  if (p.name.empty() && p.arguments.empty())
    return; // servers that write every member
  auto& known = writer_.calls(slot);
  const auto place = f == form::message ? known.place_in_whole(p, 0) : known.place_of(p, 0, 1);
  writer_.call(slot, place, p, answer_writer::naming::may_go_on, f == form::message, out);
}

// Azure says in an answer without choices that the prompt was withheld.
void openai_decoder::read_filters(const json::object& chunk, std::vector<event>& out) {
  if (const auto* choices = chunk.if_contains("choices"); choices && choices->is_array() && !choices->get_array().empty())
    return;
  const auto* list = chunk.at("prompt_filter_results").if_array();
  if (list && std::any_of(list->begin(), list->end(), [](const json::value& v) { return is_filtered(v); }))
    finish("content_filter", out);
}

void openai_decoder::put_odds(const json::value& odds, std::size_t slot, std::size_t first, std::vector<event>& out) {
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
  out[i] = event(event::kind::text, out[i].content(), writer_.number_of(slot),
                 std::make_shared<const event::details>(std::move(more)));
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

} // namespace weir::provider
