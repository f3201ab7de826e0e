// Which names of a model a price is for. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0 {

/// A condition on a name, which is in lower case; letters of either case match it.
class name_pattern {
public:
  enum class kind : unsigned char { never, equals, starts_with, ends_with, contains, glob, regex, any_of, all_of };

  /// ASCII letters in lower case, the rest as it is.
  static std::string lower(std::string_view text);

  /// Fits nothing.
  name_pattern() = default;
  /// `text` where `k` takes one. A glob's `*` is any text, all else is itself.
  /// Empty for a regular expression that is none, or is longer than 500 characters.
  static std::optional<name_pattern> make(kind k, std::string_view text);
  static name_pattern of(kind k, std::vector<name_pattern> parts);

  bool empty() const noexcept { return kind_ == kind::never; }
  /// A name longer than 300 characters fits no regular expression.
  bool fits(std::string_view name) const;
  /// Adds the texts that fit for being equal, if the pattern is nothing else than a choice of such; else false.
  bool names(std::vector<std::string>& to) const;

private:
  class expression;

  kind kind_ = kind::never;
  std::string text_;
  std::vector<name_pattern> parts_;
  std::shared_ptr<const expression> expression_;
};

} // namespace weir::inline v0
