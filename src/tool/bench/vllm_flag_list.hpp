// The flags of vllm bench serve, as they are written.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::cli {

/// What a command line of vllm bench serve says, by flag: `--num-prompts`, with dashes. A flag without a value has
/// none.
class vllm_flag_list {
public:
  /// \throws weir::error errc::invalid_argument naming the flags that are not known, and those that weir cannot do.
  explicit vllm_flag_list(const std::vector<std::string>& words);

  bool has(std::string_view flag) const { return given_.contains(flag); }
  /// The last value that was given, or this one.
  std::string value(std::string_view flag, std::string_view otherwise = {}) const;
  /// All of them, of a flag that takes several.
  std::vector<std::string> values(std::string_view flag) const;
  /// Those that were given and change nothing here, but might have been meant to.
  std::vector<std::string> left_out() const;

private:
  std::map<std::string, std::vector<std::string>, std::less<>> given_;
};

} // namespace weir::inline v0::cli
