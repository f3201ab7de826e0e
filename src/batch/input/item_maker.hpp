// Rows to items.
#pragma once

#include <string>
#include <string_view>

#include <weir/batch/input.hpp>

#include "batch/input/prompt_template.hpp"
#include "batch/input/request_form.hpp"
#include "batch/input/row.hpp"

namespace weir::inline v0::input {

/// An id is at most so long, in bytes.
inline constexpr std::size_t max_id = 512;

/// The id of what has none of its own: `rows.csv:17`, with a hash in place of a very long name.
std::string place_id(std::string_view name, std::uint64_t line);

/// Makes items as the options say. Pure, but for files that rows name.
class item_maker {
public:
  /// \throws weir::error errc::invalid_argument for templates that cannot be read.
  explicit item_maker(const batch_input& o);

  /// For a first pass: see named_files.
  void only_find_files() noexcept { form_.files = named_files::find; }

  /// Looks at the first row of an input that can be read.
  /// \throws weir::error errc::invalid_argument for a name that it does not have.
  void check_columns(const row& first, std::string_view name) const;
  /// `name`: of the input. Does not throw for what is wrong with the row: the item is rejected then.
  batch_item make(const row& r, std::string_view name) const;
  /// The names that a table is expected to have.
  std::vector<std::string> expected() const;

private:
  std::string_view id_key(const row& r) const noexcept;
  bool keeps_all(const row& r) const noexcept;
  std::string id_of(const row& r, std::string_view name, std::string_view where) const;
  batch_item::request_type request_of(const row& r, std::string_view where, std::vector<std::string>& used) const;
  std::string columns_of(const row& r, const std::vector<std::string>& used) const;

  batch_input options_;
  prompt_template prompt_, system_;
  form_options form_;
};

} // namespace weir::inline v0::input
