// A part of a run, and what stands beside its lines.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "batch/provider/part_core.hpp"
#include "batch/provider/provider_run.hpp"

namespace weir::inline v0::vendor_batch {

/// A part that is not over.
class provider_run::part {
public:
  part(part_event plan, part_rules rules)
      : core(plan, std::move(rules)), name(std::move(plan.part)), done(core.plan().items.size()) {}
  part_core core;
  const std::string name;
  std::vector<bool> done; // lines whose items have a result, or go on elsewhere
  std::vector<std::size_t> missing;
  std::uint64_t planned_at = UINT64_MAX; // in the journal, of an earlier run's
  // While it is delivered.
  std::vector<std::string> columns;
  std::map<std::size_t, failure> passing; // why lines failed that may be asked again
  bool settled = false;
};

/// The columns and the origin of an item, as a line of a file.
std::string columns_line(const batch_item& item);
/// Puts such a line into a result; one that cannot be read is left out.
void put_columns(batch_result& r, const std::string& line);
/// The name of the file of a part's columns.
inline std::string columns_of(const std::string& part) { return part + ".columns.jsonl"; }

/// So often who waits looks whether it still has to.
inline constexpr duration look_interval = std::chrono::milliseconds(250);

} // namespace weir::inline v0::vendor_batch
