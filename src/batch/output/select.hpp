// Paths into answers: `--select .choices[0].message.content`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "batch/output/answer_view.hpp"

namespace weir::inline v0 {

/// A path to one value of an answer's body, in the manner of jq: `.name`, `["any name"]`, `[0]`, `[-1]` for the last
/// one, and `.` for the whole body. A path that begins with `.text` begins at the answer's text, whatever the body's
/// shape, and one that begins with `.json` at the JSON that this text is.
class answer_path {
public:
  /// \throws weir::error errc::invalid_argument: what is wrong with it, and where.
  explicit answer_path(std::string_view path);

  /// A string as it is, anything else as JSON; empty where the body has no such value, or null.
  std::optional<std::string> in(const answer_view& answer) const;

private:
  enum class begin : unsigned char { body, text, json };
  using step = std::variant<std::string, std::ptrdiff_t>;

  begin from_ = begin::body;
  std::vector<step> steps_;
};

/// A field of an output: `name=.path`, or a path alone, whose name is its last one.
class output_field {
public:
  output_field(std::string name, answer_path path) : name(std::move(name)), path(std::move(path)) {}
  /// \throws weir::error errc::invalid_argument as answer_path does, and for an empty name.
  static output_field parse(std::string_view text);

  std::string name;
  answer_path path;
};

} // namespace weir::inline v0
