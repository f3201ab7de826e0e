// The prompts of files, once they are read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <weir/bench/prompts.hpp>

#include "batch/input/input_source.hpp"
#include "bench/data/trace.hpp"

namespace weir::inline v0::data {

/// A request as it is kept: itself, what it adds to a conversation, or what its text is made of when it is asked.
class kept_turn {
public:
  kept_turn() = default;
  std::unique_ptr<const batch_item::request_type> request;
  std::vector<message> add; ///< Of a later turn that has no request.
  bool made_up = false;     ///< Has a message of `shape` in place of both.
  bool whole = false;       ///< Is asked as it is, and not with what was said before it.
  prompt_shape shape;
  std::uint64_t number = 0; ///< Of its row, for a text of its own.
  duration delay{};
  std::uint64_t output_tokens = 0;
};

class kept_prompt {
public:
  kept_prompt() = default;
  std::optional<duration> at;
  std::size_t input = 0;         ///< Where it stands, for messages.
  std::uint64_t line = 0;        ///< In that input.
  std::vector<kept_turn> turns;  ///< At least one.
  std::uint64_t fingerprint = 0; ///< Once it has been made.
};

/// Limits a request to the answer that is wanted, of 0 tokens if that is not known, unless it has a limit.
void limit_answer(batch_item::request_type& request, std::uint64_t output_tokens, const bench_data& o);

/// Gives them once if they have times, in ascending order; else over and over.
class file_prompts : public bench_prompts {
public:
  /// \pre `all` is not empty
  file_prompts(bench_data o, std::shared_ptr<const input::opened_input> from, std::vector<kept_prompt> all,
               std::string text);
  std::optional<bench_prompt> next() override;
  std::string text() const override { return text_; }

private:
  void shuffle();
  bench_prompt make(kept_prompt& p) const;
  batch_item::request_type request_of(const kept_prompt& p, const kept_turn& t) const;
  bench_turn turn_of(const kept_prompt& p, const kept_turn& t) const;

  bench_data options_;
  std::shared_ptr<const input::opened_input> from_;
  std::vector<kept_prompt> all_;
  std::string text_;
  bool recorded_;
  std::vector<std::size_t> order_; // empty: their own
  std::mt19937_64 random_;
  std::size_t at_ = 0;
};

} // namespace weir::inline v0::data
