// The guard against g++ 12.2's double destruction in awaited expressions: no public value
// type is an aggregate with a destructor, and no coroutine has one of the bad shapes.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <type_traits>

#include <weir/batch.hpp>
#include <weir/batch/provider_batch.hpp>
#include <weir/bench.hpp>
#include <weir/cost.hpp>
#include <weir/net/settings.hpp>
#include <weir/policy/response_cache.hpp>
#include <weir/store/disk_cache.hpp>
#include <weir/task/prompt_cache.hpp>
#include <weir/testing.hpp>
#include <weir/weir.hpp>

namespace fs = std::filesystem;

namespace {

const fs::path root = WEIR_SOURCE_DIR;

template <class T>
constexpr bool safe = !std::is_aggregate_v<T> || std::is_trivially_destructible_v<T>;

std::set<std::string> checked;

template <class... T>
void all_safe(std::initializer_list<const char*> names) {
  static_assert((safe<T> && ...), "an aggregate that g++ 12.2 would destroy twice");
  CHECK(names.size() == sizeof...(T));
  checked.insert(names.begin(), names.end());
}

std::string read(const fs::path& p) {
  std::ifstream in(p);
  std::stringstream s;
  s << in.rdbuf();
  return s.str();
}

} // namespace

TEST_CASE("no public value type is an aggregate with a destructor") {
  using namespace weir;
  all_safe<answer_info, attempt, backoff, call, call_record, chat, choice, client, connections, client_group,
           completion, connect_times, content_part, credentials, deadline, error, event, event::details, executor,
           explained_request, failure, generated_sequence, generation, weir::grammar, group, message, options,
           random_source, rate_limit_status, rate_limit_status::bucket, reply, request_settings, response_format,
           secret, target, text_generation, token_estimate, token_info, token_logprob, tool, tool_call, usage>(
      {"answer_info",
       "attempt",
       "backoff",
       "call",
       "call_record",
       "chat",
       "choice",
       "client",
       "connections",
       "client_group",
       "completion",
       "connect_times",
       "content_part",
       "credentials",
       "deadline",
       "error",
       "event",
       "details",
       "executor",
       "explained_request",
       "failure",
       "generated_sequence",
       "generation",
       "grammar",
       "group",
       "message",
       "options",
       "random_source",
       "rate_limit_status",
       "bucket",
       "reply",
       "request_settings",
       "response_format",
       "secret",
       "target",
       "text_generation",
       "token_estimate",
       "token_info",
       "token_logprob",
       "tool",
       "tool_call",
       "usage"});
  all_safe<map_item<int>, vendor>({"map_item", "vendor"});
  all_safe<batch, batch_failure_kind, batch_input, batch_input_check, batch_item, batch_options, batch_progress,
           batch_report, batch_result, batch_row>({"batch", "batch_failure_kind", "batch_input", "batch_input_check",
                                                   "batch_item", "batch_options", "batch_progress", "batch_report",
                                                   "batch_result", "batch_row"});
  all_safe<provider_batch, provider_batch_options, provider_part, provider_progress>(
      {"provider_batch", "provider_batch_options", "provider_part", "provider_progress"});
  all_safe<bench_call, bench_check, bench_data, bench_floor, bench_length, bench_load, bench_load::stretch,
           bench_options, bench_progress, bench_prompt, bench_result, bench_stop, bench_target, bench_turn, histogram,
           slo, synthetic_prompts>({"bench_call", "bench_check", "bench_data", "bench_floor", "bench_length",
                                    "bench_load", "stretch", "bench_options", "bench_progress", "bench_prompt",
                                    "bench_result", "bench_stop", "bench_target", "bench_turn", "histogram", "slo",
                                    "synthetic_prompts"});
  all_safe<call_options, callable_tool, issued_key, key_source, schema, tool_loop, tool_run, tool_set, tool_step>(
      {"call_options", "callable_tool", "issued_key", "key_source", "schema", "tool_loop", "tool_run", "tool_set",
       "tool_step"});
  all_safe<blocking_client, blocking_reply, blocking_reply::iterator, weir::detail::blocking_thread>(
      {"blocking_client", "blocking_reply", "iterator", "blocking_thread"});
  all_safe<breaker, breaker_state, quota_state, retry, target_health::view>(
      {"breaker", "breaker_state", "quota_state", "retry", "view"});
  all_safe<fallback, hedge, hedge_state, key_pool, key_state, routing, routing::choice, routing_state, tiers,
           tiers::tier>({"fallback", "hedge", "hedge_state", "key_pool", "key_state", "routing", "choice",
                         "routing_state", "tiers", "tier"});
  all_safe<attribute, concurrency, concurrency_state, gauge, inspection, metrics, rate_limit, rate_limit_state,
           rate_limit_state::quota>({"attribute", "concurrency", "concurrency_state", "gauge", "inspection", "metrics",
                                     "rate_limit", "rate_limit_state", "quota"});
  all_safe<otlp, otlp_exporter, otlp_stats, spending_observer, webhook, webhook_options, webhook_stats>(
      {"otlp", "otlp_exporter", "otlp_stats", "spending_observer", "webhook", "webhook_options", "webhook_stats"});
  all_safe<journal_options, journal_record>({"journal_options", "journal_record"});
  all_safe<alert, alert_rules, alerts, budget, budget::filter, budget::group_by, budget_event, budget_refusal,
           budget_state, budgets, overdraft, reservation, spend_subject>(
      {"alert", "alert_rules", "alerts", "budget", "filter", "group_by", "budget_event", "budget_refusal",
       "budget_state", "budgets", "overdraft", "reservation", "spend_subject"});
  all_safe<ledger_contents, ledger_entry, ledger_file::state, ledger_options, model_price, model_price::table, money,
           price_book, price_file_options, price_query, price_source, priced, spending, spending_by, usage_units,
           prompt_cache_factors>({"ledger_contents", "ledger_entry", "state", "ledger_options", "model_price", "table",
                                  "money", "price_book", "price_file_options", "price_query", "price_source", "priced",
                                  "spending", "spending_by", "usage_units", "prompt_cache_factors"});
  all_safe<chat_tokens, endpoint, endpoint_info, metric_sample, model_info, model_provider, model_query, text_token,
           token_price, cold_start, prompt_cache_factors>({"chat_tokens", "endpoint", "endpoint_info", "metric_sample",
                                                           "model_info", "model_provider", "model_query", "text_token",
                                                           "token_price", "cold_start", "prompt_cache_factors"});
  all_safe<json_text, media, parameter_value, progress, task_request, text_result, label_score, classification,
           found_answer, weir::found_answers, table_answer, filled_mask, mask_fills, token_span, token_spans,
           tabular_result, similarities, embeddings, media_result, image_segment, segmentation, detection, detections,
           transcript_chunk, transcription, audio_track, audio_tracks>(
      {"json_text",     "media",          "parameter_value", "progress",       "task_request", "text_result",
       "label_score",   "classification", "found_answer",    "found_answers",  "table_answer", "filled_mask",
       "mask_fills",    "token_span",     "token_spans",     "tabular_result", "similarities", "embeddings",
       "media_result",  "image_segment",  "segmentation",    "detection",      "detections",   "transcript_chunk",
       "transcription", "audio_track",    "audio_tracks"});
  all_safe<feature_extraction, sentence_similarity, summarization, translation, question_answering,
           table_question_answering, fill_mask, text_classification, token_classification, zero_shot_classification,
           tabular_classification, tabular_regression, text_to_image, image_to_image, image_text_to_image,
           text_to_video, image_to_video, image_text_to_video, image_classification, zero_shot_image_classification,
           image_segmentation, object_detection, image_to_text, visual_question_answering, document_question_answering,
           text_to_speech, text_to_audio, automatic_speech_recognition, audio_to_audio, audio_classification>(
      {"feature_extraction",
       "sentence_similarity",
       "summarization",
       "translation",
       "question_answering",
       "table_question_answering",
       "fill_mask",
       "text_classification",
       "token_classification",
       "zero_shot_classification",
       "tabular_classification",
       "tabular_regression",
       "text_to_image",
       "image_to_image",
       "image_text_to_image",
       "text_to_video",
       "image_to_video",
       "image_text_to_video",
       "image_classification",
       "zero_shot_image_classification",
       "image_segmentation",
       "object_detection",
       "image_to_text",
       "visual_question_answering",
       "document_question_answering",
       "text_to_speech",
       "text_to_audio",
       "automatic_speech_recognition",
       "audio_to_audio",
       "audio_classification"});
  all_safe<model_price, model_price::table, model_price::tier, money, price_book, price_file_options, price_query,
           priced, price_source, usage_units>({"model_price", "table", "tier", "money", "price_book",
                                               "price_file_options", "price_query", "priced", "price_source",
                                               "usage_units"});
  all_safe<cache_entry, cache_settings, cache_stats, cache_store_stats, disk_cache_settings, response_cache>(
      {"cache_entry", "cache_settings", "cache_stats", "cache_store_stats", "disk_cache_settings", "response_cache"});
  all_safe<testing::fake_provider, testing::response, testing::seen_request>(
      {"fake_provider", "response", "seen_request"});
  using namespace weir::net;
  all_safe<connect_settings, origin, pool_settings, proxy_settings, tls_settings>(
      {"connect_settings", "origin", "pool_settings", "proxy_settings", "tls_settings"});
}

TEST_CASE("the list of checked types is complete") {
  // Interfaces, tasks' inner parts and templates, which nobody builds inside an awaited call.
  const std::set<std::string> others{
      "batch_sink",    "batch_source", "input_row",     "blocking_job", "boost",           "current_scope_t",
      "ready",         "submitters",   "work_guard",    "body_wait",    "bytes",           "job",
      "media_task_of", "task_of",      "cancel_hook",   "connector",    "completed_reply", "generator",
      "handler",       "in_flight",    "observer",      "park",         "promise_type",    "operation",
      "race",          "result_slot",  "listener",      "scope",        "service",         "source",
      "spawned_end",   "start_race",   "state",         "stream",       "target_health",   "time_source",
      "awaited",       "next_element", "input_of",      "fan_out",      "map_window",      "entry",
      "range_input",   "source_input", "mapping",       "mapping_of",   "mapped",          "running",
      "reading",       "is_optional",  "signature",     "returned",     "ledger",          "ledger_file",
      "cache_store",   "journal",      "bench_prompts", "all"};
  const std::regex definition(R"re((?:^|\n)\s*(?:class|struct) (?:\[\[nodiscard\]\] )?([a-z_]+)[^;{]*\{)re");
  for (const auto& entry : fs::recursive_directory_iterator(root / "include/weir")) {
    if (!entry.is_regular_file() || entry.path().filename() == "testing.hpp")
      continue;
    const auto text = read(entry.path());
    for (std::sregex_iterator it(text.begin(), text.end(), definition), end; it != end; ++it) {
      const std::string name = (*it)[1];
      CHECK_MESSAGE((checked.contains(name) || others.contains(name)), entry.path().filename().string()
                                                                           << ": " << name << " is in neither list");
    }
  }
}

TEST_CASE("nothing touches the process's umask, and the command writes through its own outputs") {
  const std::regex mask(R"re(\bumask\s*\()re");
  const std::regex direct(R"re(\bfmt::print|\b[fv]?printf\s*\(|\bfputs\s*\(|\bfwrite\s*\(|std::cerr)re");
  const auto none = [](const fs::path& folder, const std::regex& bad) {
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (entry.is_regular_file())
        CHECK_MESSAGE(!std::regex_search(read(entry.path()), bad), entry.path().string());
  };
  none(root / "src", mask);
  none(root / "include", mask);
  none(root / "src/tool", direct);
}

TEST_CASE("no coroutine has a shape that g++ 12.2 miscompiles") {
  const std::regex bad[] = {
      // A capturing lambda inside the awaited expression.
      std::regex(R"re(co_(?:await|yield)[^;\n]*\[[A-Za-z_=][^\]\n&]*\]\s*[({])re"),
      // A conditional between awaitables.
      std::regex(R"re(co_await \([^;\n]*\?[^;\n]*:[^;\n]*\);)re"),
      // A braced list for a container.
      std::regex(R"re(co_(?:await|yield)[^;\n]*(?:vector|map|set|list)<[^;\n]*>\{)re"),
      // An await inside a throw expression.
      std::regex(R"re(throw [^;\n]*co_await)re"),
  };
  std::size_t files = 0;
  for (const auto* base : {"src", "include", "examples", "test", "benchmarks"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / base)) {
      const auto extension = entry.path().extension();
      if (extension != ".hpp" && extension != ".cpp")
        continue;
      ++files;
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);)
        for (const auto& shape : bad)
          CHECK_MESSAGE(!std::regex_search(line, shape), entry.path().string() << ": " << line);
    }
  }
  CHECK(files > 50);
}

TEST_CASE("the version is the same in all its forms") {
  CHECK(weir::version == std::to_string(WEIR_VERSION_MAJOR) + '.' + std::to_string(WEIR_VERSION_MINOR) + '.' +
                             std::to_string(WEIR_VERSION_PATCH));
  CHECK(read(root / "CHANGELOG.md").find("\n## " + std::string(weir::version)) != std::string::npos);
}
