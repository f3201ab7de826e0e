// The figures of a record that most programs want, ready to be read.
#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "batch/output/object_writer.hpp"
#include "bench/record/record_json.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0::bench_record {

namespace {

constexpr std::array<std::pair<const char*, double>, 5> shares = {
    {{"p50_ms", 0.5}, {"p90_ms", 0.9}, {"p95_ms", 0.95}, {"p99_ms", 0.99}, {"p99_9_ms", 0.999}}};

// Percentiles that may not be claimed are null.
std::string metric_json(const measure::tally& t, bench_metric m) {
  std::string out;
  object_writer o(out);
  const auto& h = t.of(m);
  o.number("n", h.count());
  o.number("mean_ms", in_milliseconds(h.mean()));
  for (const auto& [key, share] : shares)
    if (const auto p = t.at(m, share).value)
      o.number(key, in_milliseconds(*p));
    else
      o.null(key);
  o.number("max_ms", in_milliseconds(h.max()));
  o.close();
  return out;
}

std::string target_json(const bench_result& r, std::size_t i) {
  const auto& t = r.data().targets[i];
  std::string out;
  object_writer o(out);
  o.text("name", t.name);
  o.number("calls", t.all.calls);
  o.number("succeeded", t.all.complete);
  o.number("good", t.all.good);
  o.number("good_share", r.good_share(i));
  o.number("rate", r.rate(i));
  o.number("output_tokens_per_s", r.output_tokens_per_s(i));
  for (std::size_t m = 0; m < bench_metrics; ++m)
    if (const auto& told = r.data().told(i); !told.times[m].empty())
      o.raw(name_of(static_cast<bench_metric>(m)), metric_json(told, static_cast<bench_metric>(m)));
  o.close();
  return out;
}

} // namespace

std::string summary_json(const bench_result::record& r) {
  // Borrowed: the view ends before the record does.
  const bench_result view(std::shared_ptr<const bench_result::record>(std::shared_ptr<void>(), &r));
  std::string out;
  object_writer o(out);
  o.flag("valid", view.valid());
  o.flag("complete", view.complete());
  o.text("verdict", view.verdict());
  if (const auto peak = view.peak())
    o.number("peak", *peak);
  std::string all = "[";
  for (std::size_t i = 0; i < r.targets.size(); ++i)
    all += (i > 0 ? "," : "") + target_json(view, i);
  o.raw("targets", all + ']');
  o.close();
  return out;
}

} // namespace weir::inline v0::bench_record
