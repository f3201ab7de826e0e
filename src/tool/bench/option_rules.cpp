#include "tool/bench/option_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/error.hpp>

#include "tool/arguments/help.hpp"

namespace weir::inline v0::cli {

namespace {

using names = std::initializer_list<const char*>;

// Each of `options` needs one of `others`, or excludes all of them; `why` where the names do not say it.
class rule {
public:
  rule(names these, names those, const char* because = "") : options(these), others(those), why(because) {}
  std::vector<const char*> options, others;
  const char* why;
};

const std::vector<rule>& needs() {
  static const std::vector<rule> all{
      {{"--rise"}, {"--concurrency"}},
      {{"--poisson", "--burstiness"}, {"--rate", "--find-peak", "--peak"}},
      {{"--replay", "--speed"}, {"--data"}, "a trace says when requests start"},
      {{"--turn"}, {"--target"}, "several targets take turns"},
      {{"--first-rate", "--max-rate"}, {"--find-peak"}},
      {{"--good-share"}, {"--slo", "--find-peak", "--peak"}},
      {{"--data-format", "--template", "--task", "--media", "--shuffle", "--from", "--to"}, {"--data"}},
      {{"--prefixes"}, {"--prefix-tokens"}, "it says how long they are"},
      {{"--think"}, {"--turns"}, "it is the time between them"},
      {{"--max-tokens"}, {"--data", "PROMPT"}, "the limit of made-up prompts is --output-tokens"},
      {{"--retries", "--fallback", "--hedge", "--wait"},
       {"--with-policies"},
       "without it nothing may hide what the target does"},
      {{"--make-baseline"}, {"--baseline"}},
      {{"--baseline"}, {"--fail-if", "--make-baseline"}, "that says what to compare"},
  };
  return all;
}

const std::vector<rule>& exclusions() {
  static const std::vector<rule> all{
      {{"--concurrency"}, {"--rate", "--replay", "--speed"}, "they are different loads"},
      {{"--rate"}, {"--replay", "--speed"}, "they are different loads"},
      {{"--find-peak"}, {"--peak"}, "one looks for a rate, the other tries known ones"},
      {{"--find-peak", "--peak"}, {"--concurrency", "--rate", "--replay", "--speed"}, "it tries rates of its own"},
      {{"--find-peak", "--peak"}, {"--requests"}, "each rate takes as long as --duration says"},
      {{"--find-peak", "--peak"}, {"--split"}, "it decides as it goes, on one machine"},
      {{"--poisson"}, {"--burstiness"}, "--poisson is --burstiness 1"},
      {{"--target"}, {"--base-url", "--provider"}, "each --target says where it is"},
      {{"PROMPT"}, {"--data"}, "both say what to ask"},
      {{"PROMPT", "--data"},
       {"--input-tokens", "--prefix-tokens", "--prefixes", "--turns", "--think"},
       "they shape prompts that are made up"},
      {{"PROMPT"}, {"--ignore-eos"}, "write --param ignore_eos=true"},
      {{"--output-tokens"}, {"--max-tokens"}, "both limit the answer"},
      {{"--task"},
       {"--temperature", "--top-p", "--seed", "--stop", "--format", "--reasoning-effort", "--param", "--no-usage",
        "--max-tokens"},
       "they shape chats"},
  };
  return all;
}

bool is_given(const CLI::App& command, const char* name) {
  const auto* option = command.get_option_no_throw(name);
  return option && option->count() > 0;
}

std::string shown(std::string_view name) { return name == "PROMPT" ? "a PROMPT" : std::string(name); }

[[noreturn]] void refuse(std::string what, const char* why) {
  throw error(errc::invalid_argument, std::move(what) + (*why ? fmt::format(": {}", why) : std::string()));
}

void check_needs(const CLI::App& command, const rule& r) {
  const auto given = [&command](const char* name) { return is_given(command, name); };
  if (std::any_of(r.others.begin(), r.others.end(), given))
    return;
  const auto found = std::find_if(r.options.begin(), r.options.end(), given);
  if (found == r.options.end())
    return;
  std::vector<std::string> others;
  for (const char* other : r.others)
    others.push_back(shown(other));
  refuse(fmt::format("{} needs {}", *found, any_of({others.begin(), others.end()})), r.why);
}

void check_exclusion(const CLI::App& command, const rule& r) {
  for (const char* option : r.options)
    for (const char* other : r.others)
      if (is_given(command, option) && is_given(command, other))
        refuse(fmt::format("{} and {} exclude each other", shown(option), shown(other)), r.why);
}

} // namespace

void check_options(const CLI::App& command) {
  for (const auto& r : exclusions())
    check_exclusion(command, r);
  for (const auto& r : needs())
    check_needs(command, r);
}

void check_nothing_before(const CLI::App& bench, const CLI::App& command) {
  for (const auto* option : bench.get_options())
    if (option->count() > 0)
      throw error(errc::invalid_argument, fmt::format("{} stands before `{}`, where it changes nothing",
                                                      option->get_name(), command.get_name()));
}

} // namespace weir::inline v0::cli
