// What a journal has at providers.
#include <weir/batch/provider_batch.hpp>

#include <sys/stat.h>

#include <map>
#include <utility>

#include <weir/store/journal.hpp>

#include "batch/provider/part_event.hpp"
#include "batch/provider/part_files.hpp"

namespace weir::inline v0 {

std::uint64_t unsettled_items(const journal& kept) {
  using namespace vendor_batch;
  // A scan reads the whole file; a job that was never submitted need not wait for it.
  struct stat s{};
  if (::stat(part_folder::of(kept.path()).c_str(), &s) != 0)
    return 0;
  std::map<std::string, std::uint64_t> open;
  kept.scan([&open](const journal_record& record, std::uint64_t, bool) {
    const auto e = read_record(record);
    if (e && e->step == part_step::planned)
      open[e->part] = e->items.size();
    else if (e && (e->step == part_step::settled || e->step == part_step::cleaned))
      open.erase(e->part);
  });
  std::uint64_t n = 0;
  for (const auto& [part, lines] : open)
    n += lines;
  return n;
}

} // namespace weir::inline v0
