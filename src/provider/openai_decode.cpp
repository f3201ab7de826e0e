#include "provider/openai_decode.hpp"

#include "provider/encode.hpp"
#include "provider/openai_parts.hpp"

namespace weir::provider {

namespace {

namespace json = codec::json;

// Far above what providers allow; they bound what a hostile stream can make us keep.
constexpr std::size_t max_choices = 1024;
constexpr std::size_t max_calls = 1024;

// A chunk's tree fits here as a rule, so that nothing is allocated for it.
constexpr std::size_t chunk_memory = 8192;

bool is_done_mark(std::string_view data) noexcept {
  const auto first = data.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || data[first] != '[')
    return false;
  const auto last = data.find_last_not_of(" \t\r\n");
  return data.substr(first, last - first + 1) == "[DONE]";
}

bool has_text(const json::value& v) noexcept { return v.is_string() && !v.get_string().empty(); }

void keep_first(std::string& kept, const json::value& v) {
  if (kept.empty() && v.is_string())
    kept.assign(v.get_string().data(), v.get_string().size());
}

// Arguments are text for the caller to parse; TGI of 2024 sends the object itself.
std::string arguments_text(const json::value* v) {
  if (!v)
    return {};
  return v->is_string() ? to_string(v->get_string()) : codec::to_text(*v);
}

} // namespace

std::string id_text(const json::value* v) {
  if (!v)
    return {};
  if (v->is_string())
    return to_string(v->get_string());
  return v->is_number() ? codec::to_text(*v) : std::string();
}

void openai_decoder::on_event(const codec::sse_event& frame, std::vector<event>& out) {
  if (done_)
    return;
  // It may also follow an error, and then tells that the connection is at a message's end.
  if (!frame.data.starts_with('{') && is_done_mark(frame.data)) {
    done_ = true;
    return;
  }
  if (failed_)
    return;
  const bool named = !frame.type.empty();
  if (const auto text = usual_.match(frame.data); !text.empty() && !named) {
    out.emplace_back(usual_.kind(), std::string(text), usual_.choice());
    return;
  }
  unsigned char memory[chunk_memory];
  json::monotonic_resource resource(memory, sizeof memory);
  error_code ec;
  const auto parsed = codec::parse_json(frame.data, ec, &resource);
  if (ec || !parsed.is_object()) {
    // Behind a finished answer it is junk; before, a piece is lost.
    if (!all_finished())
      fail(errc::malformed_event, "an event of the stream is not a JSON object");
    return;
  }
  const auto& chunk = parsed.get_object();
  if (frame.type == "error" || is_error(chunk)) {
    fail(read_error(parsed));
    return;
  }
  const auto first = out.size();
  text_key_ = {};
  read_chunk(chunk, out);
  if (!failed_ && !named && !text_key_.empty() && out.size() == first + 1 && !out.back().more())
    usual_.learn(frame.data, text_key_, out.back());
}

void openai_decoder::on_body(std::string_view body, std::vector<event>& out) {
  if (done_ || failed_)
    return;
  error_code ec;
  const auto parsed = codec::parse_json(body, ec);
  if (ec || !parsed.is_object()) {
    fail(errc::unexpected_content, "the answer is not a JSON object: check that the URL is an inference API");
    return;
  }
  const auto& answer = parsed.get_object();
  if (is_error(answer) || !codec::array_at(parsed, "choices")) {
    fail(read_error(parsed));
    return;
  }
  read_chunk(answer, out);
  done_ = !failed_;
}

outcome openai_decoder::result() const noexcept {
  if (failed_)
    return failed_.code() == errc::malformed_event ? outcome::truncated : outcome::in_band_error;
  return done_ || all_finished() ? finish_ : outcome::truncated;
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
      keep_first(info_.id, v);
    else if (key == "model")
      keep_first(info_.model, v);
    else if (key == "system_fingerprint")
      keep_first(info_.system_fingerprint, v);
    else if (key == "created" && info_.created == 0 && v.is_int64())
      info_.created = v.get_int64();
  }
  if (choices && choices->is_array())
    for (const auto& c : choices->get_array())
      if (!failed_)
        read_choice(c, out);
  if (counts && !failed_)
    report(*counts, out);
}

void openai_decoder::read_choice(const json::value& v, std::vector<event>& out) {
  if (!v.is_object())
    return;
  const json::value* body = nullptr;
  const json::value* text = nullptr;
  const json::value* odds = nullptr;
  std::uint64_t index = 0;
  std::string_view reason;
  bool whole = false;
  for (const auto& member : v.get_object()) {
    const auto key = member.key();
    const auto& value = member.value();
    if (key == "index" && value.is_int64() && value.get_int64() >= 0)
      index = static_cast<std::uint64_t>(value.get_int64());
    else if (key == "delta" && value.is_object())
      body = &value;
    else if (key == "message" && value.is_object()) {
      body = &value;
      whole = true;
    } else if (key == "text")
      text = &value;
    else if (key == "logprobs" && value.is_object())
      odds = &value;
    else if (key == "finish_reason" && value.is_string())
      reason = view(value.get_string());
  }
  const auto at = choice_at(index);
  if (failed_)
    return;
  const auto number = choices_[at].index;
  const auto first = out.size();
  if (kind_ == api::completions && text) {
    piece(event::kind::text, *text, number, out);
    text_key_ = "text";
  }
  if (body)
    read_delta(body->get_object(), whole, at, out);
  if (odds && !failed_) {
    event::details more;
    more.logprobs = read_logprobs(*odds);
    if (!more.logprobs.empty()) {
      // They belong to the text of the same chunk; a token may also have none.
      std::size_t i = first;
      while (i < out.size() && !out[i].is(event::kind::text))
        ++i;
      if (i == out.size())
        out.emplace_back(event::kind::text, std::string(), number);
      auto content = out[i].content();
      out[i] = event(event::kind::text, std::move(content), number,
                     std::make_shared<const event::details>(std::move(more)));
    }
  }
  if (!reason.empty() && !failed_)
    read_finish(v, reason, at, out);
}

void openai_decoder::read_delta(const json::object& delta, bool whole, std::size_t choice, std::vector<event>& out) {
  const auto number = choices_[choice].index;
  const json::value* content = nullptr;
  const json::value* reasoning = nullptr;
  const json::value* refusal = nullptr;
  const json::value* calls = nullptr;
  for (const auto& member : delta) {
    const auto key = member.key();
    const auto& v = member.value();
    if (key == "content")
      content = &v;
    else if ((key == "reasoning" || key == "reasoning_content") && has_text(v))
      reasoning = &v; // servers between two names send the same text as both
    else if (key == "refusal")
      refusal = &v;
    else if (key == "tool_calls" && v.is_array())
      calls = &v;
  }
  if (reasoning)
    piece(event::kind::reasoning, *reasoning, number, out);
  if (content) {
    read_content(*content, number, out);
    if (has_text(*content))
      text_key_ = "content";
  }
  if (refusal)
    piece(event::kind::refusal, *refusal, number, out);
  if (calls)
    for (const auto& c : calls->get_array())
      if (!failed_)
        read_call(c, whole, choice, out);
}

void openai_decoder::piece(event::kind k, const json::value& v, std::uint32_t choice, std::vector<event>& out) {
  if (!has_text(v))
    return;
  out.emplace_back(k, to_string(v.get_string()), choice);
  tokens_seen_ = true;
}

// Mistral's reasoning models send `[{type: thinking, thinking: [{text}]}, {type: text, text}]`.
void openai_decoder::read_content(const json::value& v, std::uint32_t choice, std::vector<event>& out) {
  piece(event::kind::text, v, choice, out);
  if (!v.is_array())
    return;
  for (const auto& part : v.get_array()) {
    if (const auto* text = codec::find(part, "text"))
      piece(event::kind::text, *text, choice, out);
    const auto* thinking = codec::find(part, "thinking");
    if (!thinking)
      continue;
    piece(event::kind::reasoning, *thinking, choice, out);
    if (thinking->is_array())
      for (const auto& thought : thinking->get_array())
        if (const auto* text = codec::find(thought, "text"))
          piece(event::kind::reasoning, *text, choice, out);
  }
}

void openai_decoder::read_call(const json::value& v, bool whole, std::size_t choice, std::vector<event>& out) {
  if (!v.is_object())
    return;
  auto id = id_text(codec::find(v, "id"));
  event::details more;
  std::string arguments;
  if (const auto* function = codec::find(v, "function")) {
    more.tool_name = codec::string_at(*function, "name").value_or("");
    const auto* given = codec::find(*function, "arguments");
    // TGI 1.4 calls them parameters.
    arguments = arguments_text(given ? given : codec::find(*function, "parameters"));
  } else if (const auto* custom = codec::find(v, "custom")) {
    more.tool_name = codec::string_at(*custom, "name").value_or("");
    arguments = arguments_text(codec::find(*custom, "input"));
  }
  auto& state = choices_[choice];
  const auto at = call_at(state, codec::uint_at(v, "index"), id, !more.tool_name.empty(), whole);
  if (failed_)
    return;
  more.tool_index = static_cast<std::uint32_t>(at);
  more.tool_id = std::move(id);
  out.emplace_back(event::kind::tool_call, std::move(arguments), state.index,
                   std::make_shared<const event::details>(std::move(more)));
  tokens_seen_ = true;
}

// Which call a piece belongs to. With an index: the last call of that index, unless an other id and
// a name begin a new one (some servers number every call 0). Without: the call of that id, else a
// name begins a new call, else the last call goes on. In a whole answer each element is a call.
std::size_t openai_decoder::call_at(choice_state& c, std::optional<std::uint64_t> index, std::string_view id,
                                    bool named, bool whole) {
  auto& calls = c.calls;
  for (auto i = calls.size(); i-- > 0 && !whole;) {
    auto& known = calls[i];
    if (index ? known.index != *index : (id.empty() ? named : known.id != id))
      continue;
    if (index && named && !id.empty() && !known.id.empty() && known.id != id)
      break;
    if (known.id.empty())
      known.id = id;
    return i;
  }
  if (calls.size() == max_calls) {
    fail(errc::malformed_event, "the answer has over 1024 tool calls");
    return 0;
  }
  auto& made = calls.emplace_back();
  made.index = index.value_or(calls.size() - 1);
  made.id = id;
  return calls.size() - 1;
}

void openai_decoder::read_finish(const json::value& choice, std::string_view reason, std::size_t at,
                                 std::vector<event>& out) {
  auto& state = choices_[at];
  if (state.finished)
    return;
  state.finished = true;
  const auto meant = outcome_of(reason);
  if (meant == outcome::filtered || finish_ == outcome::complete)
    finish_ = meant;
  event::details more;
  more.finish_reason = reason;
  more.seed = codec::uint_at(choice, "seed");
  out.emplace_back(event::kind::finish, std::string(), state.index,
                   std::make_shared<const event::details>(std::move(more)));
}

void openai_decoder::report(const json::value& counts, std::vector<event>& out) {
  auto now = read_usage(counts);
  // Some providers repeat it on every chunk.
  if (now.empty() || now == reported_)
    return;
  reported_ = now;
  event::details more;
  more.usage = std::move(now);
  out.emplace_back(event::kind::usage, std::string(), 0, std::make_shared<const event::details>(std::move(more)));
}

std::size_t openai_decoder::choice_at(std::uint64_t index) {
  for (std::size_t i = 0; i < choices_.size(); ++i)
    if (choices_[i].index == index)
      return i;
  if (choices_.size() == max_choices || index > UINT32_MAX) {
    fail(errc::malformed_event, "the answer has over 1024 choices");
    return 0;
  }
  choices_.emplace_back().index = static_cast<std::uint32_t>(index);
  return choices_.size() - 1;
}

bool openai_decoder::all_finished() const noexcept {
  for (const auto& c : choices_)
    if (!c.finished)
      return false;
  return !choices_.empty() && choices_.size() >= answers_;
}

void openai_decoder::fail(const remote_error& e) { failed_ = in_band_failure(e, tokens_seen_); }

void openai_decoder::fail(errc code, std::string message) { failed_ = failure(code, std::move(message)); }

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
