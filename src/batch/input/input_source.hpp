// The items of a batch's inputs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <weir/batch/input.hpp>

#include "batch/input/item_maker.hpp"
#include "batch/input/paths.hpp"
#include "batch/input/row_stream.hpp"

namespace weir::inline v0::input {

/// The options with what was made of them. They stay where they are: the parts of a source refer to each other.
class opened_input {
public:
  /// \throws weir::error as open_batch_input() does.
  explicit opened_input(batch_input o);
  opened_input(const opened_input&) = delete;
  opened_input& operator=(const opened_input&) = delete;

  batch_input options;
  std::vector<input_path> paths;
  item_maker maker;
};

/// The items of all rows that part() and the samples take.
class input_source : public batch_source {
public:
  /// `only_files`: leaves out what can only be read once.
  input_source(std::shared_ptr<const opened_input> of, bool only_files);
  boost::asio::awaitable<std::optional<batch_item>> next() override;
  std::optional<std::uint64_t> size() const override { return of_->options.items(); }

  /// Called with each row before it becomes an item, to change it. What it throws ends the source.
  using reshape_hook = std::function<void(row&)>;
  void reshape(reshape_hook by) { reshape_ = std::move(by); }

  /// Where the item that next() gave last stands.
  std::size_t input_number() const noexcept { return rows_.input_number(); }
  std::uint64_t line() const noexcept { return line_; }

private:
  boost::asio::awaitable<void> find_sample();
  bool takes(std::string_view id) const;

  std::shared_ptr<const opened_input> of_;
  row_stream rows_;
  reshape_hook reshape_;
  bool only_files_;
  bool sample_found_ = false;
  std::uint64_t largest_lot_;
  std::uint64_t left_;
  std::uint64_t line_ = 0;
  std::uint64_t place_ = 0;
};

} // namespace weir::inline v0::input
