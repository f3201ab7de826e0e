// What the flags of vllm bench serve say, said with the options of weir bench.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tool/bench/vllm_flag_list.hpp"
#include "tool/bench/vllm_flags.hpp"

namespace weir::inline v0::cli {

[[noreturn]] void refuse_flags(const std::string& why);
/// \throws weir::error errc::invalid_argument naming the flag.
double number_of(std::string_view flag, std::string_view text);
/// Whether an option is among arguments, alone or with `=` and a value.
bool gives(const std::vector<std::string>& args, std::string_view option);

/// A command line of vllm bench serve on its way to one of weir bench.
class vllm_translation {
public:
  vllm_translation(const vllm_flag_list& flags, const vllm_surroundings& around, const std::vector<std::string>& own)
      : flags_(flags), around_(around), own_(own) {}

  /// \throws weir::error errc::invalid_argument naming the flags that cannot be translated.
  vllm_arguments all();

private:
  void target();
  void load();
  void rising_rate(double requests);
  void prompts();
  void random_prompts();
  void data(std::string_view what, std::string_view output);
  void request();
  void results();

  void note(std::string text) { to_.notes.push_back(std::move(text)); }
  bool is_own(std::string_view option) const {
    return gives(own_, option) || (option == "--model" && gives(own_, "-m")) ||
           (option == "--requests" && gives(own_, "-n"));
  }
  void add(std::string_view option, std::string_view value) {
    if (!is_own(option))
      to_.words.push_back(fmt::format("{}={}", option, value));
  }
  void add(std::string_view option) {
    if (!is_own(option))
      to_.words.emplace_back(option);
  }
  void add_repeated(std::string_view option, std::string_view value) {
    to_.words.push_back(fmt::format("{}={}", option, value));
  }
  // The same under another name, if it was given.
  void add_as(std::string_view option, std::string_view flag) {
    if (flags_.has(flag))
      add(option, flags_.value(flag));
  }
  double rate() const {
    const auto text = flags_.value("--request-rate", "inf");
    return text == "inf" ? HUGE_VAL : number_of("--request-rate", text);
  }
  bool is_trace() const {
    return flags_.value("--dataset-name") == "timed_trace" || flags_.value("--dataset-name") == "timed-trace";
  }
  std::string backend() const { return flags_.value("--backend", flags_.value("--endpoint-type", "openai")); }

  const vllm_flag_list& flags_;
  const vllm_surroundings& around_;
  const std::vector<std::string>& own_;
  vllm_arguments to_;
};

} // namespace weir::inline v0::cli
