// What a job's journal has answered already.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <weir/batch/item.hpp>
#include <weir/cost/money.hpp>
#include <weir/store/journal.hpp>

namespace weir::inline v0::cli {

/// What the next run makes of an item.
enum class item_place {
  open,    ///< It is asked.
  kept,    ///< Its answer stays.
  changed, ///< It has an answer to another request: it ends the job, or is asked with --force.
};

/// Where an item of a check stands, of which files of media have not been read: they are taken for unchanged.
item_place place_in(const journal& kept, const batch_item& item);

/// How many items have an answer.
std::uint64_t answers_in(const journal& kept);

/// What results before a position have cost, as far as they say, by currency. `check` is called for each record; what
/// it throws ends the search.
std::map<std::string, money> spent_before(const journal& kept, std::uint64_t position, void (*check)());

} // namespace weir::inline v0::cli
