// The body of a choice, a delta or a message: its text, media and calls.
#include <algorithm>
#include <iterator>

#include "provider/chat/openai/openai_decode.hpp"
#include "provider/chat/openai/openai_parts.hpp"

namespace weir::inline v0::provider {

namespace {

using codec::node;

// All names that reasoning has; servers in transition from one to another send the same text under both.
bool is_reasoning(std::string_view key) noexcept {
  constexpr std::string_view names[] = {"reasoning", "reasoning_content", "reasoning_text",
                                        "thinking",  "thinking_content",  "thought"};
  return std::find(std::begin(names), std::end(names), key) != std::end(names);
}

std::string_view reasoning_text(const node& v) noexcept {
  return v.is_string() ? v.get_string()
                       : codec::string_at(v, "content").value_or(codec::string_at(v, "text").value_or(""));
}

// Assistants APIs have {"text": {"value": "…"}}.
std::string_view part_text(const node& part) noexcept {
  const auto* text = codec::find(part, "text");
  return text && text->is_object() ? codec::string_at(*text, "value").value_or("")
                                   : codec::string_at(part, "text").value_or("");
}

// The number of the only call in the legacy form: no server counts that high.
constexpr std::uint64_t old_call = ~std::uint64_t{0};

} // namespace

std::string_view id_text(const node* v, std::string& made) {
  return v && (v->is_string() || v->is_number()) ? arguments_text(v, made) : std::string_view();
}

void openai_decoder::read_body(const node& body, form f, std::size_t slot, std::vector<event>& out) {
  const node* content = nullptr;
  const node* text = nullptr;
  const node* reasoning = nullptr;
  const node* details = nullptr;
  const node* refusal = nullptr;
  const node* calls = nullptr;
  const node* old = nullptr;
  const node* images = nullptr;
  const node* audio = nullptr;
  for (const auto member : body.members()) {
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
  if (details)
    details_.add(*details, slot);
  if (reasoning) {
    tell(event::kind::reasoning, f, reasoning_text(*reasoning), slot, out);
    note_text(f, *reasoning);
  } else if (details) {
    tell(event::kind::reasoning, f, reasoning_of(*details), slot, out);
  }
  if (content)
    read_content(*content, f, slot, out);
  else if (text)
    tell(event::kind::text, f, text->get_string(), slot, out);
  if (refusal && has_text(*refusal))
    tell(event::kind::refusal, f, refusal->get_string(), slot, out);
  if (audio)
    read_audio(*audio, f, slot, out);
  if (images)
    for (const auto& image : images->elements())
      show(image.is_string() ? image.get_string() : image_of(image), {}, out, slot);
  if (calls)
    read_calls(*calls, f, slot, out);
  if (old && (!calls || writer_.calls(slot).size() == 0) && !failed())
    read_old_call(*old, f, slot, out);
  pieces_seen_ = pieces_seen_ || f == form::delta;
  if (details && !details->empty())
    text_key_ = {}; // what was kept of them would be missing
}

// A message in a stream of messages only may be a piece: it is one if it does not repeat the text so far.
void openai_decoder::tell(event::kind k, form f, std::string_view text, std::size_t slot, std::vector<event>& out) {
  if (f == form::message && (pieces_seen_ || !writer_.has(k, slot) || writer_.has_just(k, slot, text)))
    writer_.whole(k, slot, text, out);
  else
    writer_.piece(k, slot, text, out);
}

// Mistral's reasoning models send `[{type: thinking, thinking: [{text}]}, {type: text, text}]`.
void openai_decoder::read_content(const node& v, form f, std::size_t slot, std::vector<event>& out) {
  if (has_text(v)) {
    tell(event::kind::text, f, v.get_string(), slot, out);
    note_text(f, v);
    return;
  }
  std::string text, reasoning;
  if (v.is_array())
    for (const auto& part : v.elements())
      read_part(part, slot, text, reasoning, out);
  else
    read_part(v, slot, text, reasoning, out);
  tell(event::kind::reasoning, f, reasoning, slot, out);
  tell(event::kind::text, f, text, slot, out);
}

void openai_decoder::read_part(const node& part, std::size_t slot, std::string& text, std::string& reasoning,
                               std::vector<event>& out) {
  if (part.is_string())
    text += part.get_string();
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
      reasoning += thinking->get_string();
    if (thinking->is_array())
      for (const auto& thought : thinking->elements())
        reasoning += codec::string_at(thought, "text").value_or("");
  }
}

// A transcript is the answer's text if there is no other.
void openai_decoder::read_audio(const node& v, form f, std::size_t slot, std::vector<event>& out) {
  tell(event::kind::text, f, codec::string_at(v, "transcript").value_or(""), slot, out);
  const auto id = codec::string_at(v, "id").value_or("audio");
  show(codec::string_at(v, "data").value_or(""), {}, out, slot, id);
}

void openai_decoder::read_calls(const node& v, form f, std::size_t slot, std::vector<event>& out) {
  std::size_t i = 0;
  if (v.is_array()) {
    for (const auto& one : v.elements())
      if (!failed())
        read_call(one, i++, v.size(), f, slot, out);
    return;
  }
  // A list that became an object in transit: {"0": {…}}
  const auto first = v.members().begin();
  const bool by_number = !v.empty() && (*first).value().is_object() &&
                         (*first).key().find_first_not_of("0123456789") == std::string_view::npos;
  if (!by_number)
    return read_call(v, 0, 1, f, slot, out);
  for (const auto member : v.members())
    if (!failed())
      read_call(member.value(), i++, v.size(), f, slot, out);
}

void openai_decoder::read_call(const node& v, std::size_t position, std::size_t of, form f, std::size_t slot,
                               std::vector<event>& out) {
  if (!v.is_object())
    return;
  call_piece p;
  std::string made, id;
  // Gateways between two APIs leave out the inner object.
  const node* inner = &v;
  for (const auto* key : {"function", "custom"})
    if (const auto* found = codec::find(v, key); found && found->is_object() && inner == &v)
      inner = found;
  p.name = codec::string_at(*inner, "name").value_or("");
  // TGI 1.4 calls them parameters.
  for (const auto* key : {"arguments", "input", "parameters"})
    if (p.arguments.empty())
      p.arguments = arguments_text(codec::find(*inner, key), made);
  p.id = id_text(codec::find(v, "id"), id);
  if (p.id.empty())
    p.id = id_text(codec::find(v, "call_id"), id);
  if (p.id.empty() && p.name.empty() && p.arguments.empty())
    return;
  p.index = codec::uint_at(v, "index");
  auto& known = writer_.calls(slot);
  const auto place = f == form::message ? known.place_in_whole(p, position) : known.place_of(p, position, of);
  if (place == merged_calls::none) {
    fail(errc::malformed_event, "the answer has more than 1024 tool calls");
    return;
  }
  const auto naming = f == form::message ? answer_writer::naming::whole : answer_writer::naming::may_go_on;
  writer_.call(slot, place, p, naming, f == form::message, out);
}

// `function_call`, of which an answer had at most one.
void openai_decoder::read_old_call(const node& v, form f, std::size_t slot, std::vector<event>& out) {
  call_piece p;
  std::string made;
  p.index = old_call;
  p.name = codec::string_at(v, "name").value_or("");
  p.arguments = arguments_text(codec::find(v, "arguments"), made);
  if (p.name.empty() && p.arguments.empty())
    return; // from servers that write every member
  auto& known = writer_.calls(slot);
  const auto place = f == form::message ? known.place_in_whole(p, 0) : known.place_of(p, 0, 1);
  writer_.call(slot, place, p, answer_writer::naming::may_go_on, f == form::message, out);
}

} // namespace weir::inline v0::provider
