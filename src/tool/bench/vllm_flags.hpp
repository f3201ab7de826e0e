// The flags of vllm bench serve, as arguments of weir bench.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::cli {

/// What of them depends on where they are used.
class vllm_surroundings {
public:
  vllm_surroundings() = default;
  std::string stamp;           ///< For the name of a result file without one: `20261129-103000`.
  bool has_openai_key = false; ///< Whether OPENAI_API_KEY is set, which is sent to every server there.
};

class vllm_arguments {
public:
  vllm_arguments() = default;
  std::vector<std::string> words;
  std::vector<std::string> notes; ///< What is not the same, in sentences.
};

/// Arguments that ask for the same, each option in one word: `--rate=20`. `own`: arguments of weir bench that are given
/// beside the flags and win, such as a load of its own.
/// \throws weir::error errc::invalid_argument naming the flags that cannot be translated.
vllm_arguments from_vllm_flags(const std::vector<std::string>& flags, const vllm_surroundings& around,
                               const std::vector<std::string>& own = {});

/// A command line with what follows --vllm-flags of weir bench translated. Says the notes on stderr.
/// \throws what from_vllm_flags() throws.
std::vector<std::string> with_vllm_flags(std::vector<std::string> command_line);

} // namespace weir::inline v0::cli
