#include "tool/bench/vllm_flags.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "tool/bench/vllm_flag_list.hpp"
#include "tool/bench/vllm_translation.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

vllm_arguments from_vllm_flags(const std::vector<std::string>& flags, const vllm_surroundings& around,
                               const std::vector<std::string>& own) {
  const vllm_flag_list list(flags);
  return vllm_translation(list, around, own).all();
}

std::vector<std::string> with_vllm_flags(std::vector<std::string> command_line) {
  const auto end = std::find(command_line.begin(), command_line.end(), "--");
  const auto command = std::find(command_line.begin(), end, "bench");
  const auto mark = std::find(command, end, "--vllm-flags");
  if (mark == end)
    return command_line;
  vllm_surroundings around;
  around.stamp = fmt::format("{:%Y%m%d-%H%M%S}", fmt::localtime(std::time(nullptr)));
  const char* key = std::getenv("OPENAI_API_KEY");
  around.has_openai_key = key && *key;
  const std::vector<std::string> own(command, mark);
  const auto translated = from_vllm_flags({mark + 1, command_line.end()}, around, own);
  for (const auto& note : translated.notes)
    say(stderr, "{}\n", one_line(note));
  command_line.erase(mark, command_line.end());
  command_line.insert(command_line.end(), translated.words.begin(), translated.words.end());
  return command_line;
}

} // namespace weir::inline v0::cli
