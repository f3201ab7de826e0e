// Replicate's language models: a prediction, and its stream at a URL that the prediction names.
#include "http/message/url.hpp"
#include "provider/chat/dialect_decode.hpp"
#include "provider/chat/dialect_encode.hpp"
#include "provider/chat/dialects.hpp"
#include "provider/response/error_words.hpp"
#include "provider/vendors.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

constexpr std::string_view dialect = "Replicate's API";

void put_prompt(json::object& input, const chat& ask) {
  std::string system, prompt;
  bool prompted = false;
  for (const auto& m : ask.messages()) {
    check_role(m);
    refuse_name(m, dialect);
    if (prompted || m.role() == "assistant" || m.role() == "tool")
      refuse_field("a conversation of several turns", dialect, "put it into one user message");
    if (is_system(m)) {
      system += (system.empty() ? "" : "\n") + only_text(m, dialect);
      continue;
    }
    prompted = true;
    for (const auto& p : parts_of(m)) {
      if (p.type() == content_part::kind::text)
        prompt += p.value();
      else if (p.type() != content_part::kind::image_url || input.contains("image"))
        refuse_field("content other than text and one image", dialect);
      else
        input["image"] = p.value();
    }
  }
  input["prompt"] = prompt;
  if (!system.empty())
    input["system_prompt"] = system;
}

void put_stop(json::object& input, const chat& ask) {
  std::string all;
  for (const auto& s : ask.stop()) {
    if (s.find(',') != std::string::npos)
      refuse_field("a stop sequence with a comma", dialect);
    all += (all.empty() ? "" : ",") + s;
  }
  if (!all.empty())
    input["stop_sequences"] = all;
}

http::request encode(const chat& ask, const route& to, bool stream) {
  express_only(ask, dialect,
               {"frequency_penalty", "presence_penalty", "reasoning_effort", "seed", "temperature", "top_p", "stop"});
  if (!ask.tools().empty())
    refuse_field("tools", dialect);
  json::object input;
  put_prompt(input, ask);
  put(input, "max_tokens", most_tokens(ask));
  put(input, "temperature", ask.temperature());
  put(input, "top_p", ask.top_p());
  put(input, "seed", ask.seed());
  put(input, "presence_penalty", ask.presence_penalty());
  put(input, "frequency_penalty", ask.frequency_penalty());
  put(input, "reasoning_effort", ask.reasoning_effort());
  put_stop(input, ask);
  // Anything else is the model's own: its inputs under their names.
  merge_extra(input, ask.extra_body());
  json::object body{{"stream", stream}, {"input", std::move(input)}};
  const auto version = to.model.find(':');
  if (version != to.model.npos)
    body["version"] = std::string_view(to.model).substr(version + 1);
  auto request = json_request(to, body);
  if (version != to.model.npos)
    request.target = to.base + "/v1/predictions";
  if (stream)
    request.headers.set("accept", "application/json");
  else
    request.headers.set("prefer", "wait");
  return request;
}

void put_output(const codec::node& output, std::string& text) {
  if (output.is_string())
    text += output.get_string();
  if (output.is_array())
    for (const auto& piece : output.elements())
      if (piece.is_string())
        text += piece.get_string();
}

// The events of a stream: `output` with the text unescaped, `error`, `done`.
class prediction_decoder final : public object_decoder {
public:
  void on_event(const codec::sse_event& frame, std::vector<event>& out) override {
    if (done() || failed())
      return;
    if (frame.type == "output") {
      say(event::kind::text, frame.data, out);
    } else if (frame.type == "done" || frame.type == "error") {
      error_code ec;
      const auto parsed = codec::parse_answer(frame.data, ec);
      const auto reason = ec ? std::string_view() : codec::string_at(parsed, "reason").value_or("");
      if (frame.type == "done" && reason != "error" && reason != "canceled") {
        if (writer_.said())
          finish("succeeded", out);
        end();
        return;
      }
      auto e = ec ? remote_error() : read_error(parsed);
      if (ec || words_of_error(parsed) == reason)
        e.message = ec || reason.empty() ? std::string(frame.data) : "the prediction ended: " + std::string(reason);
      fail(std::move(e));
    } else if (frame.type.empty() && frame.data.starts_with('{')) {
      object_decoder::on_event(frame, out); // perhaps a gateway's error
    }
  }

private:
  void read_event(const codec::node&, std::vector<event>&) override {}

  bool read_answer(const codec::node& v, std::vector<event>& out) override {
    keep_first(info_.id, v, "id");
    keep_first(info_.model, v, "model");
    const auto status = codec::string_at(v, "status").value_or("");
    const auto* output = codec::find(v, "output");
    if (status != "succeeded" || !output) {
      const auto whole = codec::to_value(v);
      remote_error e = read_error(whole);
      e.message = words_of_error(whole); // and nothing else: the stream's URL is a secret
      if (status == "starting" || status == "processing")
        e.message = "the prediction was still running when the wait for it ended: use a stream";
      e.code = status;
      fail(std::move(e));
      return true;
    }
    std::string text;
    put_output(*output, text);
    say(event::kind::text, text, out);
    finish(status, out);
    return true;
  }
};

std::unique_ptr<decoder> make_decoder(std::size_t) { return std::make_unique<prediction_decoder>(); }

// The URL is a secret by itself: nothing else is needed, and the key stays where it belongs.
http::request follow(const route& to, std::string_view body) {
  error_code ec;
  const auto parsed = codec::parse_json(body, ec);
  const auto* urls = ec ? nullptr : codec::find(parsed, "urls");
  const auto place = urls ? codec::string_at(*urls, "stream") : std::nullopt;
  if (!place)
    throw error(errc::unsupported,
                "\"" + to.requested_model + "\" does not stream at Replicate: use a non-streamed call");
  const auto url = http::parse_url(*place);
  if (!url.origin.tls() && url.origin != to.to)
    throw error(errc::insecure, "Replicate's stream URL is on another host without TLS: not followed");
  http::request r;
  r.method = "GET";
  r.to = url.origin;
  r.target = url.target;
  if (url.origin == to.to) {
    r.headers = to.headers;
    r.auth = to.auth;
  }
  r.headers.set("accept", "text/event-stream");
  r.headers.set("cache-control", "no-store");
  return r;
}

} // namespace

const chat_dialect replicate_chat(&encode, &make_decoder, &follow);

} // namespace weir::inline v0::provider
