// From a provider's counts, which overlap, to the units that are charged for, which do not.
#pragma once

#include <cstdint>
#include <optional>

#include <weir/task/results.hpp>
#include <weir/task/usage.hpp>

namespace weir::inline v0::provider {

/// What a provider says is a part of the prompt's tokens.
class prompt_parts {
public:
  prompt_parts() = default;
  std::optional<std::uint64_t> audio, image, video;
  std::optional<std::uint64_t> read, write_5m, write_1h, write_other;
};

/// … and of the output's.
class output_parts {
public:
  output_parts() = default;
  std::optional<std::uint64_t> reasoning, audio, image;
};

/// Sets the units of `u` for the tokens of a prompt of which `whole` is the sum: text is what is left. If the parts
/// are more than the whole, text stays absent and the usage is marked inconsistent; but tokens of images and sound that
/// can only be among the cached ones are counted there alone.
void split_prompt(usage& u, std::optional<std::uint64_t> whole, prompt_parts parts) noexcept;
/// The same for the output.
void split_output(usage& u, std::optional<std::uint64_t> whole, const output_parts& parts) noexcept;

/// What can be counted of a task's result where the provider reports nothing.
usage counted_in(const media_result& r) noexcept;
usage counted_in(const transcription& r) noexcept;

/// The usage of a task's result: the provider's own, or what can be counted.
template <class Result>
usage usage_of(const Result& r) {
  if constexpr (requires { r.usage; })
    return r.usage;
  else if constexpr (requires { counted_in(r); })
    return counted_in(r);
  else
    return {};
}

} // namespace weir::inline v0::provider
