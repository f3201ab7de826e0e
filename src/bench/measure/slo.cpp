#include <weir/bench/slo.hpp>

#include <algorithm>
#include <charconv>

#include <weir/core/error.hpp>

#include "bench/measure/sample.hpp"
#include "core/time/duration.hpp"

WEIR_BEGIN_NAMESPACE

namespace {

std::string all_names() {
  std::string all;
  for (std::size_t i = 0; i < bench_metrics; ++i)
    all += (i > 0 ? ", " : "") + std::string(name_of(static_cast<bench_metric>(i)));
  return all;
}

duration limit_of(std::string_view text, bool milliseconds, std::string_view whole) {
  double n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (milliseconds && ec == std::errc() && end == text.data() + text.size() && n > 0 && n <= 3.6e6)
    return duration(static_cast<duration::rep>(n * 1e6));
  try {
    const auto d = parse_duration(text);
    if (d > duration())
      return d;
  } catch (const error&) {
    // Told below, with the whole.
  }
  throw error(errc::invalid_argument, "\"" + std::string(whole) + "\": \"" + std::string(text) +
                                          "\" is not a time above zero, such as 500ms or 2s");
}

slo one(std::string_view text) {
  const auto at = text.find_first_of("<=:");
  const auto name = text.substr(0, at);
  const auto m = bench_metric_of(name);
  if (!m)
    throw error(errc::invalid_argument, "there is no metric \"" + std::string(name) + "\": there are " + all_names());
  if (at == text.npos)
    throw error(errc::invalid_argument,
                "\"" + std::string(text) + "\" has no limit: write " + std::string(name) + "<500ms");
  auto limit = text.substr(at + 1);
  if (text[at] == '<' && !limit.empty() && limit.front() == '=')
    limit.remove_prefix(1);
  return {*m, limit_of(limit, text[at] == ':', text)};
}

} // namespace

std::string slo::text() const { return std::string(name_of(metric_)) + "<=" + format_duration(limit_); }

std::vector<slo> parse_slos(std::string_view text) {
  std::vector<slo> all;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(", \t"), text.size());
    const auto part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (part.empty())
      continue;
    const auto next = one(part);
    const auto same = std::find_if(all.begin(), all.end(), [&next](const slo& s) { return s.of() == next.of(); });
    if (same == all.end())
      all.push_back(next);
    else if (next.limit() < same->limit())
      *same = next;
  }
  return all;
}

WEIR_END_NAMESPACE
