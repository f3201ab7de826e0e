#include <weir/task/prompt_cache.hpp>

namespace weir::inline v0 {

namespace {

double count(const usage& u, usage_unit unit) { return static_cast<double>(u.units[unit].value_or(0)); }

// Reads and writes, where only the totals are known.
double read(const usage& u) {
  return u.units.has(usage_unit::cache_read) ? count(u, usage_unit::cache_read)
                                             : static_cast<double>(u.cached_tokens.value_or(0));
}

double written_for_some_time(const usage& u) {
  for (const auto unit : {usage_unit::cache_write_5m, usage_unit::cache_write_1h, usage_unit::cache_write_other})
    if (u.units.has(unit))
      return count(u, usage_unit::cache_write_other);
  return static_cast<double>(u.cache_write_tokens.value_or(0));
}

} // namespace

double saved_by_prompt_cache(const usage& u, const prompt_cache_factors& f) {
  return read(u) * (1 - f.read()) - count(u, usage_unit::cache_write_5m) * (f.write_5m() - 1) -
         count(u, usage_unit::cache_write_1h) * (f.write_1h() - 1) - written_for_some_time(u) * (f.write_other() - 1);
}

double lost_by_moving(const usage& last, const prompt_cache_factors& f) {
  const double kept = read(last) + count(last, usage_unit::cache_write_5m) + count(last, usage_unit::cache_write_1h) +
                      written_for_some_time(last);
  return kept * (1 - f.read());
}

} // namespace weir::inline v0
