// How each item of a batch stands in an output.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <weir/batch/result.hpp>

#include "batch/output/output_file.hpp"

namespace weir::inline v0 {

/// One of the formats. Thread safety: none.
class item_writer {
public:
  virtual ~item_writer() = default;
  /// What stands before the first item.
  virtual void append_head(std::string& out) const { (void)out; }
  virtual void append(std::string& out, const batch_result& r) const = 0;
};

/// The format that a file's name asks for.
batch_output_format format_of(const std::string& path) noexcept;
/// \param format not automatic.
/// \param columns of a table, in their order.
/// \param with_id whether a table needs a column of ids beside them.
std::unique_ptr<item_writer> make_item_writer(batch_output_format format, const batch_output_options& o,
                                              std::vector<std::string> columns, bool with_id);

} // namespace weir::inline v0
