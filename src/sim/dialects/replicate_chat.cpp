// Replicate's language models: a prediction, and its stream as text.
#include "sim/answer/script.hpp"
#include "sim/dialects/dialects.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

std::optional<said> said_to(const ask& a) {
  const auto* input = codec::find(a.body, "input");
  const auto prompt = input ? codec::string_at(*input, "prompt") : std::nullopt;
  if (!prompt)
    return std::nullopt;
  wanted w{std::string(*prompt)};
  w.limit = codec::uint_at(*input, "max_tokens");
  return said(a, w);
}

json::object prediction(const ask& a, const said& s, std::string_view status, json::value output) {
  json::object out;
  out["id"] = "sim-" + std::to_string(a.serial);
  out["model"] = s.model;
  out["status"] = status;
  out["output"] = std::move(output);
  out["error"] = nullptr;
  return out;
}

/// The text is sent verbatim, without JSON escapes: the tokens contain no line ends.
class text_source final : public event_source {
public:
  explicit text_source(said s) : said_(std::move(s)) {}

  piece next(std::string& event) override {
    if (index_ < said_.size.tokens) {
      event.assign("event: output\nid: ").append(std::to_string(index_)).append("\ndata: ");
      event.append(said_.text.token(index_++)).append("\n\n");
      return piece::token;
    }
    if (ended_)
      return piece::end;
    ended_ = true;
    event = "event: done\ndata: {}\n\n";
    return piece::extra;
  }

private:
  said said_;
  std::uint64_t index_ = 0;
  bool ended_ = false;
};

} // namespace

plan answer_prediction(const ask& a, std::string_view stream_url) {
  const auto s = said_to(a);
  if (!s)
    return openai_error(422, "input: prompt is required", "validation");
  if (codec::bool_at(a.body, "stream").value_or(false)) {
    auto out = prediction(a, *s, "starting", nullptr);
    out["urls"] = one("stream", json::value(stream_url));
    return json_plan(201, std::move(out));
  }
  json::array pieces;
  for (std::uint64_t i = 0; i < s->size.tokens; ++i)
    pieces.push_back(json::value(s->text.token(i)));
  return json_plan(201, prediction(a, *s, "succeeded", std::move(pieces)));
}

plan answer_prediction_stream(const ask& a) {
  auto s = said_to(a);
  if (!s)
    return openai_error(404, "No such stream.", "not_found");
  auto out = stream_plan(std::make_unique<text_source>(std::move(*s)));
  out.error_event = "event: error\ndata: {\"detail\":\"simulated failure\"}\n\n";
  return out;
}

} // namespace weir::inline v0::sim
