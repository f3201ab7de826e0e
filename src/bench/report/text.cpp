// The report for a terminal.
#include <weir/bench/result.hpp>

#include <algorithm>

#include "batch/report/numbers.hpp"
#include "bench/report/figures.hpp"
#include "bench/report/findings.hpp"
#include "bench/report/tables.hpp"
#include "bench/report/words.hpp"
#include "core/time/duration.hpp"

WEIR_BEGIN_NAMESPACE

namespace {

using namespace bench_report;
using record = bench_result::record;

constexpr std::size_t shown_cautions = 20;

std::string plan_text(const record& r) {
  table plan(2);
  for (const auto& [name, text] : plan_of(r))
    plan.add({name, text});
  return plan.text();
}

void add(std::string& out, std::string_view title, const table& t) {
  if (t.empty())
    return;
  out += '\n';
  if (!title.empty())
    out.append(title).append("\n");
  out += t.text();
}

} // namespace

std::string bench_result::text() const {
  const auto& r = *record_;
  std::string out = shown(verdict(), 1000) + '\n';
  for (const auto& sentence : answers(r))
    out += sentence + '\n';
  if (const auto floor = floor_text(r); !floor.empty())
    out += floor + '\n';
  out += '\n' + plan_text(r);
  add(out, "", totals_table(*this));
  add(out, "", times_table(r, false));
  if (r.peak)
    add(out, "probes", probes_table(*r.peak));
  add(out, "failures and misses", failures_table(r));
  add(out, "limits that the provider tells", limits_table(r));
  const auto notes = cautions(r);
  if (!notes.empty())
    out += "\nto bear in mind\n";
  for (std::size_t i = 0; i < std::min(notes.size(), shown_cautions); ++i)
    out += "- " + notes[i] + '\n';
  return out;
}

WEIR_END_NAMESPACE
