#include "tool/chat/chat_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include <weir/core/error.hpp>

#include "codec/json/json.hpp"
#include "tool/arguments/help.hpp"
#include "tool/arguments/parameters.hpp"
#include "tool/arguments/requests.hpp"
#include "tool/arguments/text_input.hpp"

namespace weir::inline v0::cli {

namespace {

response_format format_of(const std::string& given) {
  if (given == "json")
    return response_format::json_object();
  if (given == "text")
    return response_format::text();
  if (given.find_first_of("@-{") != 0)
    throw error(errc::invalid_argument,
                fmt::format("--format takes text, json, or @FILE with a JSON Schema, not '{}'", given));
  return response_format::json_schema("answer", codec::to_text(codec::parse_argument(read_text(given), "--format")));
}

// Providers add words of their own: only what is nearly one of these is taken for a mistake.
void never_misspelt(CLI::Option* effort) {
  effort->check(CLI::Validator(
      [](const std::string& given) {
        const std::vector<std::string_view> known(reasoning_efforts.begin(), reasoning_efforts.end());
        const auto meant =
            std::find(known.begin(), known.end(), given) == known.end() ? did_you_mean(given, known) : "";
        return meant.empty() ? meant
                             : fmt::format("there is no effort '{}'{} (--param reasoning_effort={} sends it as it is)",
                                           given, meant, given);
      },
      ""));
}

} // namespace

void chat_settings::add_to(CLI::App& command) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* description) {
    return command.add_option(name, value, description)->type_name(type)->group("Request");
  };
  // Some servers take -1 as no limit.
  whole_number(add("--max-tokens", max_tokens_, "N", "The maximum length of the answer (default: the model's)"), -1,
               std::numeric_limits<std::int64_t>::max());
  add("--temperature", temperature_, "X", "0 to 2 (default: the model's)");
  add("--top-p", top_p_, "X", "0 to 1 (default: the model's)");
  whole_number(add("--seed", seed_, "N", "A seed for reproducible answers"), 0,
               std::numeric_limits<std::uint64_t>::max());
  repeatable(add("--stop", stop_, "TEXT", "A stop sequence (repeatable)"));
  never_empty(add("--format", response_format_, "F", "text, json, or @FILE with a JSON Schema"));
  never_misspelt(never_empty(add("--reasoning-effort", reasoning_effort_, "E",
                                 "none, minimal, low, medium, high, xhigh or max, of which each model takes some; "
                                 "another word is sent as it is")));
  repeatable(add("--param", extra_, "K=JSON", "An extra field of the request body (repeatable)"));
  command.add_flag("--no-usage", no_usage_, "Do not request token counts of a stream (stream_options)")
      ->group("Request");
}

chat chat_settings::make() const {
  chat ask;
  if (max_tokens_)
    ask.max_tokens(*max_tokens_);
  if (temperature_)
    ask.temperature(*temperature_);
  if (top_p_)
    ask.top_p(*top_p_);
  if (seed_)
    ask.seed(*seed_);
  for (const auto& s : stop_)
    ask.stop(as_text(s, "--stop"));
  if (!response_format_.empty())
    ask.response_format(format_of(response_format_));
  if (!reasoning_effort_.empty())
    ask.reasoning_effort(reasoning_effort_);
  for (const auto& p : extra_) {
    const auto [name, value] = split_parameter(p);
    ask.extra_body(name, codec::to_text(parameter_value(value)));
  }
  if (no_usage_)
    ask.include_usage(false);
  return ask;
}

void fill(chat& ask, const chat& with) {
  if (with.max_tokens() && !ask.max_tokens() && !ask.max_completion_tokens())
    ask.max_tokens(*with.max_tokens());
  if (with.temperature() && !ask.temperature())
    ask.temperature(*with.temperature());
  if (with.top_p() && !ask.top_p())
    ask.top_p(*with.top_p());
  if (with.seed() && !ask.seed())
    ask.seed(*with.seed());
  if (with.reasoning_effort() && !ask.reasoning_effort())
    ask.reasoning_effort(*with.reasoning_effort());
  if (with.response_format() && !ask.response_format())
    ask.response_format(*with.response_format());
  if (with.include_usage() && !ask.include_usage())
    ask.include_usage(*with.include_usage());
  if (ask.stop().empty())
    for (const auto& one : with.stop())
      ask.stop(one);
  const auto& own = ask.extra_body();
  for (const auto& [name, value] : with.extra_body())
    if (std::none_of(own.begin(), own.end(), [&name = name](const auto& one) { return one.first == name; }))
      ask.extra_body(name, value);
}

} // namespace weir::inline v0::cli
