// The lines of a batch, and what is wrong with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/json.hpp"

namespace weir::inline v0::sim {

/// One request of a batch. Its text is a piece of the batch's input.
class batch_line {
public:
  batch_line() = default;
  std::string id;
  bool named = true; ///< The request has the id itself; otherwise it is its index.
  std::string path;  ///< Where the live request would go.
  std::size_t begin = 0, size = 0;
};

/// Why a batch is refused, as its object tells it.
class input_problem {
public:
  input_problem(std::string code, std::string message, std::optional<std::uint64_t> line = std::nullopt,
                std::string param = {})
      : code(std::move(code)), message(std::move(message)), line(line), param(std::move(param)) {}
  std::string code, message;
  std::optional<std::uint64_t> line; ///< From 1.
  std::string param;
};

/// How a provider's lines look, and how many it takes.
class input_form {
public:
  input_form() = default;
  std::string_view id_key = "custom_id";
  std::string_view body_key = "body";
  bool id_optional = false;
  bool may_be_empty = false; ///< Requests are added later.
  bool names_url = false;    ///< Each line has a `method` and a `url`.
  bool mixes_urls = false;   ///< They may differ within a file.
  bool one_model = false;    ///< All bodies name the same model.
  std::size_t longest_id = 512;
  std::uint64_t most_lines = 50'000;
  std::uint64_t most_bytes = 200u << 20;
};

class batch_input {
public:
  batch_input() = default;
  std::vector<batch_line> lines;
  std::vector<input_problem> problems; ///< The first hundred.
  std::string model;                   ///< Of the first body that names one.
  std::uint64_t tokens = 0;            ///< An estimate of the prompts'.
};

/// Reads JSONL: every line a request. Empty lines are skipped. \param path where the requests go unless a line's own
/// URL says otherwise.
batch_input read_input(std::string_view text, const input_form& form, std::string_view path);

/// A list of requests as JSONL, for read_input().
std::string lines_of(const codec::json::array& requests);

/// A member of a line, such as its body; null if it has none.
codec::json::value member_of(std::string_view line, std::string_view key);

} // namespace weir::inline v0::sim
