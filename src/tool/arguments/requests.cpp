#include "tool/arguments/requests.hpp"

#include <fmt/format.h>

#include <weir/core/error.hpp>

#include "codec/json/json.hpp"
#include "tool/arguments/text_input.hpp"

namespace weir::inline v0::cli {

namespace json = codec::json;

void add_raw(CLI::App& command, bool& raw) {
  command.add_flag("--raw", raw, "With --json: add the JSON that the provider sent to each event or response")
      ->group("Output")
      ->needs(command.get_option("--json"));
}

std::pair<std::string, std::string> split_parameter(const std::string& text, std::string_view option,
                                                    std::string_view form) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw error(errc::invalid_argument, fmt::format("{} takes {}, not '{}'", option, form, text));
  return {as_text(text.substr(0, equals), option), as_text(text.substr(equals + 1), option)};
}

// The value as JSON if it parses as such, else as a string.
json::value parameter_value(const std::string& text) {
  error_code ec;
  auto v = codec::parse_json(text, ec);
  return ec ? json::value(text) : v;
}

} // namespace weir::inline v0::cli
