#include "tool/batch/kept_answers.hpp"

#include "batch/input/request_size.hpp"
#include "batch/output/record.hpp"

namespace weir::inline v0::cli {

namespace {

bool is_answer(std::uint8_t kind) noexcept {
  return kind == record_kind(outcome::complete) || kind == record_kind(outcome::length) ||
         kind == record_kind(outcome::filtered);
}

} // namespace

item_place place_in(const journal& kept, const batch_item& item) {
  const auto known = kept.find(item.id());
  if (!known || !is_answer(known->kind))
    return item_place::open;
  if (known->fingerprint == batch_fingerprint(item.request()) || input::size_of(item.request()).media)
    return item_place::kept;
  return known->kind == record_kind(outcome::complete) ? item_place::changed : item_place::open;
}

std::uint64_t answers_in(const journal& kept) {
  return kept.count(record_kind(outcome::complete)) + kept.count(record_kind(outcome::length)) +
         kept.count(record_kind(outcome::filtered));
}

std::map<std::string, money> spent_before(const journal& kept, std::uint64_t position, void (*check)()) {
  std::map<std::string, money> sum;
  kept.scan([&](const journal_record& r, std::uint64_t at, bool) {
    check();
    if (at >= position || !is_result(r.kind))
      return;
    if (const auto result = read_result(r); result.cost)
      sum[result.currency] += *result.cost;
  });
  return sum;
}

} // namespace weir::inline v0::cli
