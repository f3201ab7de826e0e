// What a body of a result says, read back.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/task/usage.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0 {

/// A body, parsed once. Not JSON, or empty: everything is absent.
/// Thread safety: none; json() is found when it is first wanted.
class answer_view {
public:
  explicit answer_view(std::string_view body);

  const codec::json::value& root() const noexcept { return root_; }
  /// What a person would call the answer: the first choice's text, a transcription, the first of several texts; absent
  /// where there is none, as in a call of tools or an embedding.
  std::optional<std::string_view> text() const noexcept;
  /// The files and URLs of images, sound and videos, one after the other.
  std::vector<std::string> places() const;
  /// text() as JSON, also where it stands in a Markdown code block; nullptr where it is none.
  const codec::json::value* json() const;

  std::string_view model() const noexcept;
  /// Of the first choice.
  std::string_view finish_reason() const noexcept;
  weir::usage usage() const;

private:
  codec::json::value root_;
  mutable std::optional<codec::json::value> json_;
  mutable bool looked_ = false;
};

} // namespace weir::inline v0
