// A file of benchmarks that are kept in a repository.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::cli {

/// One of them: a name and a command line of weir bench, without `weir bench`.
class scenario {
public:
  scenario() = default;
  std::string name;
  std::vector<std::string> words;
};

/// Reads the scenarios of a JSON text, with the defaults in each:
///
///     {"defaults": {"base-url": "http://127.0.0.1:8000/v1"},
///      "scenarios": [{"name": "steady", "rate": "20", "fail-if": ["ttft.p95 > 500ms"]}]}
///
/// Members are long options without their dashes: a list repeats one, true is a flag, `prompt` the prompt. A scenario's
/// member replaces that of the defaults, false and null leave it out.
/// \throws weir::error errc::invalid_argument saying what is wrong, and of which scenario.
std::vector<scenario> read_suite(std::string_view text);

/// Puts options of a command line, each in one word (`--rate=20`), in the place of those that a scenario has itself.
void replace_options(scenario& in, const std::vector<std::string>& words);

/// Writes the scenario's name for `{name}` in the places of its files: `"output": "results/{name}.json"`.
void name_files(scenario& in);

/// A message about a scenario with its members for the options in it: `"max-rate" needs "find-peak"`. Options of the
/// command line, `given` as words, stay options.
std::string with_members(std::string_view message, const std::vector<std::string>& given);

/// Those with one of these names, in their order; all if there are none.
/// \throws weir::error errc::invalid_argument for a name that no scenario has.
std::vector<scenario> chosen(std::vector<scenario> all, const std::vector<std::string>& names);

} // namespace weir::inline v0::cli
