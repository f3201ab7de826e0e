// The rows of an input, for items that have failed: read once more.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>

#include <weir/batch/input.hpp>

namespace weir::inline v0::cli {

/// Finds the rows of items, which are asked for in the order of the input: it is then read once, and one row is in
/// memory. An input that can only be read once has none.
/// Thread safety: none. Blocks.
class input_rows {
public:
  /// \param check called between rows; what it throws ends the search.
  input_rows(batch_input in, std::function<void()> check);
  ~input_rows();

  /// The row as a JSON object; a file of media as `{"input": path}`. Empty if there is none (any more).
  std::string row_of(const std::string& id);

private:
  bool find(const std::string& id);

  batch_input in_;
  std::function<void()> check_;
  boost::asio::io_context io_{1};
  std::shared_ptr<std::string> row_ = std::make_shared<std::string>();
  std::unique_ptr<batch_source> source_;
  unsigned beginnings_left_;
};

} // namespace weir::inline v0::cli
