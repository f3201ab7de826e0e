// Recorded non-streamed responses: chat, completions, text generation, the Hub's mapping, and every error.
#include <weir/task/completion.hpp>
#include <weir/task/text_generation.hpp>

#include "dialect_answers.hpp"
#include "http/message/url.hpp"
#include "jobs_responses.hpp"
#include "lines.hpp"
#include "provider/dialect.hpp"
#include "provider/mapping.hpp"
#include "tasks_responses.hpp"

namespace {

using namespace conformance;
using namespace weir;

const json::value& none() {
  static const json::value v = json::object();
  return v;
}

const json::value& at(const json::value& v, std::string_view key) {
  const auto* found = codec::find(v, key);
  return found ? *found : none();
}

// What a response contains is extracted by hand here, independently of the decoders.

std::string content_of(const json::value& message) {
  std::string all = text_at(message, "content");
  if (const auto* parts = codec::array_at(message, "content"))
    for (const auto& p : *parts)
      all += text_at(p, "text");
  return all;
}

std::string reasoning_of(const json::value& message) {
  auto all = text_at(message, "reasoning");
  if (all.empty())
    all = text_at(message, "reasoning_content");
  if (const auto* parts = codec::array_at(message, "content"))
    for (const auto& p : *parts)
      if (const auto* thoughts = codec::array_at(p, "thinking"))
        for (const auto& t : *thoughts)
          all += text_at(t, "text");
  return all;
}

std::string compare_calls(const json::value& message, const std::vector<tool_call>& got) {
  const auto* calls = codec::array_at(message, "tool_calls");
  if ((calls ? calls->size() : 0) != got.size())
    return std::to_string(got.size()) + " tool calls";
  for (std::size_t i = 0; i < got.size(); ++i) {
    const auto& call = (*calls)[i];
    const auto& id = at(call, "id");
    const auto& function = at(call, "function");
    const auto& arguments = at(function, codec::find(function, "arguments") ? "arguments" : "parameters");
    const tool_call wanted(id.is_string() ? text_at(call, "id") : codec::to_text(id), text_at(function, "name"),
                           arguments.is_string() ? text_at(function, "arguments") : codec::to_text(arguments));
    if (got[i] != wanted)
      return "tool call " + got[i].id + " " + got[i].name + " " + got[i].arguments;
  }
  return {};
}

std::string compare_usage(const json::value& wanted, const usage& got) {
  const auto& prompt = at(wanted, "prompt_tokens_details");
  auto cached = codec::uint_at(prompt, "cached_tokens");
  for (const auto* key : {"cached_tokens", "prompt_cache_hit_tokens", "num_cached_tokens"})
    if (!cached)
      cached = codec::uint_at(wanted, key);
  const bool same =
      got.prompt_tokens == codec::uint_at(wanted, "prompt_tokens") &&
      got.completion_tokens == codec::uint_at(wanted, "completion_tokens") &&
      got.total_tokens == codec::uint_at(wanted, "total_tokens") && got.cached_tokens == cached &&
      got.reasoning_tokens == codec::uint_at(at(wanted, "completion_tokens_details"), "reasoning_tokens") &&
      got.cost == codec::number_at(wanted, "cost");
  return same ? std::string() : std::string("usage");
}

std::string compare_choice(const json::value& wanted, const choice& got) {
  const auto& message = at(wanted, "message");
  if (got.index != codec::uint_at(wanted, "index").value_or(0))
    return "index";
  if (got.text != content_of(message))
    return "text \"" + got.text + "\"";
  if (got.reasoning != reasoning_of(message))
    return "reasoning \"" + got.reasoning + "\"";
  if (got.refusal != text_at(message, "refusal"))
    return "refusal";
  if (got.finish_reason != text_at(wanted, "finish_reason"))
    return "finish_reason " + got.finish_reason;
  const auto* odds = codec::array_at(at(wanted, "logprobs"), "content");
  if ((odds ? odds->size() : 0) != got.logprobs.size())
    return "logprobs";
  for (std::size_t i = 0; i < got.logprobs.size(); ++i)
    if (got.logprobs[i].token != text_at((*odds)[i], "token") ||
        got.logprobs[i].logprob != codec::number_at((*odds)[i], "logprob"))
      return "logprobs";
  return compare_calls(message, got.tool_calls);
}

std::string compare_chat(const json::value& wanted, const completion& got) {
  if (got.failure)
    return "failure: " + got.failure.describe();
  const auto& choices = *codec::array_at(wanted, "choices");
  if (choices.size() != got.choices.size())
    return std::to_string(got.choices.size()) + " choices";
  for (const auto& c : choices)
    for (const auto& g : got.choices)
      if (g.index == codec::uint_at(c, "index").value_or(0))
        if (auto why = compare_choice(c, g); !why.empty())
          return why;
  if (got.info.id != text_at(wanted, "id") || got.info.model != text_at(wanted, "model") ||
      got.info.system_fingerprint != text_at(wanted, "system_fingerprint") ||
      got.info.created != codec::int_at(wanted, "created").value_or(0))
    return "id, model, system_fingerprint or created";
  if (got.outcome != outcome::complete && got.outcome != outcome::length && got.outcome != outcome::filtered)
    return "outcome " + std::string(name_of(got.outcome));
  return compare_usage(at(wanted, "usage"), got.usage);
}

std::string compare_completions(const json::value& wanted, const generation& got) {
  if (got.failure)
    return "failure: " + got.failure.describe();
  for (const auto& c : *codec::array_at(wanted, "choices")) {
    if (codec::uint_at(c, "index").value_or(0) != 0)
      continue;
    if (got.text() != text_at(c, "text"))
      return "text \"" + got.text() + "\"";
    if (got.sequence.finish_reason != text_at(c, "finish_reason"))
      return "finish_reason " + got.sequence.finish_reason;
    if (got.sequence.seed != codec::uint_at(c, "seed"))
      return "seed";
  }
  return compare_usage(at(wanted, "usage"), got.usage);
}

std::string compare_tokens(const json::array* wanted, const std::vector<token_info>& got) {
  if ((wanted ? wanted->size() : 0) != got.size())
    return std::to_string(got.size()) + " tokens";
  for (std::size_t i = 0; i < got.size(); ++i) {
    const auto& w = (*wanted)[i];
    if (got[i].id != codec::int_at(w, "id") || got[i].text != text_at(w, "text") ||
        got[i].logprob != codec::number_at(w, "logprob") ||
        got[i].special != codec::bool_at(w, "special").value_or(false))
      return "token " + std::to_string(i);
  }
  return {};
}

std::string compare_sequence(const json::value& wanted, const json::value& details, const generated_sequence& got) {
  if (got.text != text_at(wanted, "generated_text"))
    return "generated_text \"" + got.text + "\"";
  if (got.finish_reason != text_at(details, "finish_reason") ||
      got.generated_tokens != codec::uint_at(details, "generated_tokens") ||
      got.seed != codec::uint_at(details, "seed"))
    return "details";
  if (auto why = compare_tokens(codec::array_at(details, "prefill"), got.prefill); !why.empty())
    return "prefill: " + why;
  const auto* top = codec::array_at(details, "top_tokens");
  if ((top ? top->size() : 0) != got.top_tokens.size())
    return "top_tokens";
  for (std::size_t i = 0; i < got.top_tokens.size(); ++i)
    if (auto why = compare_tokens((*top)[i].if_array(), got.top_tokens[i]); !why.empty())
      return "top_tokens: " + why;
  return compare_tokens(codec::array_at(details, "tokens"), got.tokens);
}

std::string compare_generation(const json::value& wanted, const generation& got) {
  if (got.failure)
    return "failure: " + got.failure.describe();
  const auto& details = at(wanted, "details");
  if (auto why = compare_sequence(wanted, details, got.sequence); !why.empty())
    return why;
  const auto* others = codec::array_at(details, "best_of_sequences");
  if ((others ? others->size() : 0) != got.best_of.size())
    return "best_of_sequences";
  for (std::size_t i = 0; i < got.best_of.size(); ++i)
    if (auto why = compare_sequence((*others)[i], (*others)[i], got.best_of[i]); !why.empty())
      return "best_of_sequences: " + why;
  return {};
}

condition wanted_condition(const json::value& line, const json::value& body) {
  const auto status = codec::int_at(line, "status").value_or(0);
  if (status == 402 || text_at(at(body, "error"), "code") == "insufficient_quota")
    return condition::quota_exhausted;
  if (status == 429)
    return condition::throttled;
  return status >= 500 ? condition::transient : condition::refused;
}

// Every text that the message must contain.
std::vector<std::string> wanted_words(const json::value& body) {
  std::vector<std::string> all;
  const auto add = [&](const json::value& v) {
    if (v.is_string())
      all.emplace_back(v.get_string());
    else if (const auto* list = v.if_array())
      for (const auto& e : *list)
        all.push_back(e.is_string() ? std::string(e.get_string()) : text_at(e, "msg"));
    else if (v.is_object())
      all.push_back(text_at(v, "message"));
  };
  for (const auto* key : {"error", "detail", "message"})
    if (all.empty())
      if (const auto* v = codec::find(body, key))
        add(*v);
  return all;
}

std::string compare_error(const json::value& line, const json::value& body, const failure& got) {
  if (got.status() != codec::int_at(line, "status"))
    return "status";
  if (got.code() != wanted_condition(line, body))
    return "condition of " + std::string(got.code().message());
  const auto words = wanted_words(body);
  if (words.empty())
    return "this program finds no message in the body";
  for (auto w : words) {
    for (auto& c : w)
      c = static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    if (got.remote().find(w.substr(0, 4000)) == std::string::npos)
      return "message \"" + got.remote() + "\"";
  }
  if (const auto seconds = codec::number_at(body, "estimated_time"))
    if (got.code() != errc::loading || !got.retry_after() ||
        std::abs(std::chrono::duration<double>(*got.retry_after()).count() - *seconds) > 1e-6)
      return "estimated_time";
  return {};
}

http::response_head head_of(const json::value& line) {
  http::response_head head;
  head.status = static_cast<int>(codec::int_at(line, "status").value_or(0));
  for (const auto& member : at(line, "headers").as_object()) {
    const auto& v = member.value();
    const auto& text = v.is_array() && !v.get_array().empty() ? v.get_array().front() : v;
    if (text.is_string())
      head.headers.add(std::string(member.key()), std::string(text.get_string()));
  }
  return head;
}

// Whether `body` is a text generation in TGI's form.
const json::value* generation_in(const json::value& body) {
  const auto* list = body.if_array();
  const auto* v = list && list->size() == 1 ? &list->front() : &body;
  return v->is_object() && codec::string_at(*v, "generated_text") ? v : nullptr;
}

std::string check_mapping(const json::value& line, const std::string& text, const json::value& body, bool& known) {
  // Every provider that weir knows for its task, and for each task the one that auto picks.
  const auto& entries = at(body, "inferenceProviderMapping");
  known = false;
  if (!entries.is_object())
    return {};
  for (const auto& member : entries.get_object()) {
    const std::string id(member.key());
    const auto what = find_task_kind(text_at(member.value(), "task"));
    if (!what || !provider::offers(id, *what))
      continue;
    known = true;
    const auto got = provider::parse_mapping(text, id, *what);
    if (got.provider != id || got.model != text_at(member.value(), "providerId"))
      return "mapping at " + id + ": " + got.model;
    if (text_at(member.value(), "status") != "error" && provider::parse_mapping(text, "auto", *what).model.empty())
      return "mapping for auto in " + text_at(line, "url");
  }
  return {};
}

void judge(const std::string& id, const std::string& why, tally& count) {
  if (why.empty())
    count.pass();
  else
    count.fail(id, why);
}

void check_snapshot(const json::value& line, const std::string& place, tally& count) {
  const auto& data = line.at("data");
  const auto check_one = [&](const json::value& v) {
    const auto text = codec::to_text(v);
    provider::route route;
    if (generation_in(v)) {
      route.provider = "tgi";
      return compare_generation(v, provider::decode_generation(route, text));
    }
    if (codec::find(codec::array_at(v, "choices")->front(), "message"))
      return compare_chat(v, provider::decode_chat(text));
    route.provider = "custom";
    return compare_completions(v, provider::decode_generation(route, text));
  };
  const auto* list = data.if_array();
  const auto is_chunk = [](const json::value& v) {
    return !generation_in(v) && !codec::find(codec::array_at(v, "choices")->front(), "message");
  };
  if (list && (list->empty() || std::any_of(list->begin(), list->end(), is_chunk))) {
    count.skip(); // streams: conformance_streams reads them
    return;
  }
  std::string why;
  if (!list)
    why = check_one(data);
  else
    for (std::size_t i = 0; i < list->size() && why.empty(); ++i)
      why = check_one((*list)[i]);
  judge(place + " " + text_at(line, "path"), why, count);
}

void check(const json::value& line, const std::string& place, tally& count) {
  if (codec::find(line, "path") && codec::find(line, "data")) {
    check_snapshot(line, place, count);
    return;
  }
  const auto id = place + " " + text_at(line, "id") + " " + text_at(line, "url");
  const auto text = text_at(line, "body");
  const auto head = head_of(line);
  error_code ec;
  const auto body = codec::parse_json(text, ec);
  if (head.status >= 300) {
    provider::route route;
    route.provider = text_at(line, "provider").empty() ? std::string("custom") : text_at(line, "provider");
    route.to = http::parse_url(text_at(line, "url")).origin;
    judge(id, compare_error(line, body, provider::failure_of_response(route, head, text)), count);
    return;
  }
  const auto url = text_at(line, "url");
  const auto path = url.substr(0, url.find_first_of("?#"));
  const auto task = text_at(line, "task");
  provider::route route;
  bool known = false;
  if (const auto dialect = dialect_of(path); !dialect.empty()) {
    judge(id, compare_dialect(dialect, body, text), count);
  } else if (path.ends_with("/chat/completions") && codec::array_at(body, "choices")) {
    judge(id, compare_chat(body, provider::decode_chat(text)), count);
  } else if (path.ends_with("/completions") && codec::array_at(body, "choices")) {
    route.provider = "custom";
    judge(id, compare_completions(body, provider::decode_generation(route, text)), count);
  } else if (const auto* answer = generation_in(body); answer && (task.empty() || task == "text-generation")) {
    route.provider = "tgi";
    judge(id, compare_generation(*answer, provider::decode_generation(route, text)), count);
  } else if (is_job_answer(line)) {
    judge(id, check_job_answer(line, head, body), count);
  } else if (const auto reason = skipped_job(line); !reason.empty()) {
    std::cout << "skipped: " << id << ": " << reason << '\n';
    count.skip();
  } else if (const auto what = task_of_answer(line, path, body)) {
    judge(id, check_answer(*what, line, head, body), count);
  } else if (auto why = check_mapping(line, text, body, known); known) {
    judge(id, why, count);
  } else {
    count.skip();
  }
}

} // namespace

int main(int argc, char** argv) {
  tally count;
  if (!each_line(argc, argv, count, check))
    return 2;
  return count.finish("a removed vendor, the Hub's other answers, and streams");
}
