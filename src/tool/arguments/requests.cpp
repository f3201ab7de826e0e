#include "tool/arguments/requests.hpp"

#include <unistd.h>

#include <cstdint>
#include <limits>

#include <fmt/format.h>

#include "codec/json/json.hpp"
#include "http/message/url.hpp"
#include "tool/arguments/common.hpp"
#include "tool/arguments/help.hpp"
#include "tool/arguments/text_input.hpp"

namespace weir::inline v0::cli {

namespace json = codec::json;

namespace {

content_part image_part(const std::string& given) {
  if (http::is_url(given) || given.starts_with("data:"))
    return content_part::image_url(given);
  const auto image = read_image(given.starts_with('@') ? given : '@' + given);
  return content_part::image(image.bytes, image.content_type);
}

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

} // namespace

void add_raw(CLI::App& command, bool& raw) {
  command.add_flag("--raw", raw, "With --json: add the JSON that the provider sent to each event or response")
      ->group("Output")
      ->needs(command.get_option("--json"));
}

std::pair<std::string, std::string> split_parameter(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw error(errc::invalid_argument, fmt::format("'{}' is not a parameter: write name=value", text));
  return {as_text(text.substr(0, equals), "--param"), as_text(text.substr(equals + 1), "--param")};
}

// The value as JSON if it parses as such, else as a string.
json::value parameter_value(const std::string& text) {
  error_code ec;
  auto v = codec::parse_json(text, ec);
  return ec ? json::value(text) : v;
}

void chat_arguments::add_to(CLI::App& command) {
  command.add_option("PROMPT", prompt_, "The prompt; - or nothing reads standard input, @FILE a file");
  const auto add = [&command](const char* name, auto& value, const char* type, const char* description) {
    return command.add_option(name, value, description)->type_name(type)->group("Request");
  };
  add("--system", system_, "TEXT", "The system message, or @FILE");
  repeatable(never_empty(add("--image", images_, "FILE", "An image to send: a file or an http(s) URL (repeatable)")));
  // Some servers take -1 as no limit.
  whole_number(add("--max-tokens", max_tokens_, "N", "The maximum length of the answer (default: the model's)"), -1,
               std::numeric_limits<std::int64_t>::max());
  add("--temperature", temperature_, "X", "0 to 2 (default: the model's)");
  add("--top-p", top_p_, "X", "0 to 1 (default: the model's)");
  whole_number(add("--seed", seed_, "N", "A seed for reproducible answers"), 0,
               std::numeric_limits<std::uint64_t>::max());
  repeatable(add("--stop", stop_, "TEXT", "A stop sequence (repeatable)"));
  never_empty(add("--format", response_format_, "F", "text, json, or @FILE with a JSON Schema"));
  never_empty(add("--reasoning-effort", reasoning_effort_, "E", "none, minimal, low, medium, high or xhigh"));
  repeatable(add("--param", extra_, "K=JSON", "An extra field of the request body (repeatable)"));
  command.add_flag("--no-usage", no_usage_, "Do not request token counts of a stream (stream_options)")
      ->group("Request");
}

chat chat_arguments::make() const {
  std::string words;
  for (const auto& word : prompt_)
    words += (words.empty() ? "" : " ") + word;
  const bool from_stdin = prompt_.empty() || words == "-";
  const auto missing = [] {
    return error(errc::invalid_argument, "no prompt: give one as an argument or on standard input");
  };
  if (prompt_.empty() && images_.empty() && ::isatty(STDIN_FILENO))
    throw missing();
  auto text = prompt_.empty() && !images_.empty() ? std::string() : read_text(from_stdin ? "-" : words);
  if (from_stdin)
    while (text.ends_with('\n'))
      text.pop_back();
  if (text.empty() && images_.empty())
    throw missing();

  chat ask;
  if (!system_.empty())
    ask.system(read_text(system_));
  if (images_.empty()) {
    ask.user(std::move(text));
  } else {
    message m = text.empty() ? message("user") : message::user(std::move(text));
    for (const auto& image : images_)
      m.part(image_part(image));
    ask.add(std::move(m));
  }
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

} // namespace weir::inline v0::cli
