#include "sim/dialects/openai/completion.hpp"

#include <algorithm>

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::uint64_t most_choices = 16;
constexpr std::uint64_t most_stops = 4;
constexpr std::uint64_t most_alternatives = 20;
constexpr double logprob = -0.25;

/// Stands for the token where the text around it is made: no text of a model contains it.
constexpr std::string_view token_mark = "\x1f";
constexpr std::string_view token_mark_text = "\\u001f";

json::object logprob_of(std::string_view token, std::uint64_t rank) {
  auto out = one("token", json::value(rank == 0 ? std::string(token) : " (" + std::to_string(rank) + ")"));
  out["logprob"] = logprob - 2 * static_cast<double>(rank);
  out["bytes"] = nullptr;
  return out;
}

} // namespace

completion::completion(const ask& a, const wanted& w, std::string_view prefix, std::string object)
    : it(a, w), id(std::string(prefix) + std::to_string(a.serial)), object(std::move(object)),
      choices(std::clamp<std::uint64_t>(codec::uint_at(a.body, "n").value_or(1), 1, most_choices)) {
  const auto* options = codec::find(a.body, "stream_options");
  usage_wanted = options && codec::bool_at(*options, "include_usage").value_or(false);
}

json::object completion::usage() const {
  const auto made = it.answer_tokens() * choices;
  json::object out;
  out["prompt_tokens"] = it.prompt_tokens;
  out["completion_tokens"] = made;
  out["total_tokens"] = it.prompt_tokens + made;
  if (it.cached.prompt != 0)
    out["prompt_tokens_details"] = one("cached_tokens", it.cached.read);
  if (it.reasoning != 0)
    out["completion_tokens_details"] = one("reasoning_tokens", it.reasoning * choices);
  return out;
}

json::object completion::head(std::string_view kind) const {
  json::object out;
  out["id"] = id;
  out["object"] = kind;
  out["created"] = it.created;
  out["model"] = it.model;
  out["system_fingerprint"] = "fp_simulated";
  return out;
}

std::string completion::opening() const {
  auto text = "data: " + codec::to_text(head(object));
  text.pop_back();
  return text + ",\"choices\":[";
}

void completion::add_end(std::vector<scripted>& after) const {
  if (usage_wanted) {
    auto last = head(object);
    last["choices"] = json::array();
    last["usage"] = usage();
    after.emplace_back(piece::extra, "data: " + codec::to_text(last) + "\n\n");
  }
  after.emplace_back(piece::extra, "data: [DONE]\n\n");
}

std::optional<std::uint64_t> token_limit(const json::value& body) {
  const auto limit = codec::uint_at(body, "max_completion_tokens");
  return limit ? limit : codec::uint_at(body, "max_tokens");
}

std::string complaint_about(const json::value& body) {
  if (const auto* stops = codec::array_at(body, "stop"); stops && stops->size() > most_stops)
    return "stop takes at most " + std::to_string(most_stops) + " sequences.";
  if (const auto n = codec::int_at(body, "n"); n && (*n < 1 || *n > static_cast<std::int64_t>(most_choices)))
    return "n must be from 1 to " + std::to_string(most_choices) + ".";
  const auto top = codec::int_at(body, "top_logprobs");
  if (top && !codec::bool_at(body, "logprobs").value_or(false))
    return "top_logprobs needs logprobs to be true.";
  if (top && (*top < 0 || *top > static_cast<std::int64_t>(most_alternatives)))
    return "top_logprobs must be from 0 to " + std::to_string(most_alternatives) + ".";
  return {};
}

chat_logprobs::chat_logprobs(const json::value& body)
    : wanted(codec::bool_at(body, "logprobs").value_or(false)),
      alternatives(codec::uint_at(body, "top_logprobs").value_or(0)) {}

json::value chat_logprobs::of(const answer_text& text, std::uint64_t tokens) const {
  if (!wanted)
    return nullptr;
  json::array content;
  for (std::uint64_t t = 0; t < tokens; ++t) {
    const auto& token = text.token(t);
    auto made = logprob_of(token, 0);
    json::array top;
    for (std::uint64_t rank = 0; rank < alternatives; ++rank)
      top.push_back(logprob_of(token, rank));
    made["top_logprobs"] = std::move(top);
    content.push_back(std::move(made));
  }
  auto out = one("content", std::move(content));
  out["refusal"] = nullptr;
  return out;
}

void chat_logprobs::stream(token_source& source, std::string before, std::string after) const {
  auto rest = std::move(before) + codec::to_text(of(answer_text::verbatim(std::string(token_mark)), 1)) + after;
  for (auto at = rest.find(token_mark_text); at != rest.npos; at = rest.find(token_mark_text)) {
    source.again.push_back(rest.substr(0, at));
    rest.erase(0, at + token_mark_text.size());
  }
  source.suffix = std::move(rest);
}

} // namespace weir::inline v0::sim
