// Rows of files to prompts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <weir/bench/prompts.hpp>

#include "bench/data/file_prompts.hpp"
#include "bench/data/shape.hpp"

namespace weir::inline v0::data {

/// Puts rows together to conversations, and these in the order of their times.
class gatherer {
public:
  gatherer(bench_data o, std::shared_ptr<const input::opened_input> from);

  /// Before the row becomes an item: if it is one of a data set, it becomes a request of a batch.
  void look_at(input::row& r);
  /// The item of the row that was looked at last.
  /// \throws weir::error errc::invalid_argument: `trace.jsonl:17: …`.
  void add(batch_item item, std::size_t input, std::uint64_t line);
  /// There is more than was read.
  void stop() noexcept { stopped_ = true; }
  std::uint64_t rows() const noexcept { return rows_; }
  /// \throws weir::error errc::invalid_argument if there are none.
  std::unique_ptr<bench_prompts> prompts() &&;

private:
  [[noreturn]] static void refuse(const batch_item& item, const std::string& why);
  void begin(kept_turn turn, shaped_row s, batch_item item, std::size_t input, std::uint64_t line);
  void go_on(kept_prompt& with, kept_turn turn, batch_item item);
  void keep(kept_turn& in, batch_item item) const;
  kept_turn later(later_turn t, std::string_view where) const;
  void cut();
  std::string input_name() const;
  std::string text() const;

  /// Where a session is, and when its last row was.
  class session {
  public:
    session(std::size_t p, std::optional<duration> t) : prompt(p), last(t) {}
    std::size_t prompt;
    std::optional<duration> last;
  };

  bench_data options_;
  std::shared_ptr<const input::opened_input> from_;
  bool shapes_; // rows may be those of data sets
  std::optional<shaped_row> shaped_;
  std::vector<kept_prompt> all_;
  std::unordered_map<std::string, session> sessions_;
  std::string format_; // of the first row; empty: a batch's
  std::uint64_t rows_ = 0, left_out_ = 0;
  bool stopped_ = false;
};

} // namespace weir::inline v0::data
