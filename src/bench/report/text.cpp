// The report for a terminal.
#include <weir/bench/result.hpp>

#include <algorithm>
#include <utility>

#include "batch/report/numbers.hpp"
#include "bench/report/figures.hpp"
#include "bench/report/findings.hpp"
#include "bench/report/tables.hpp"
#include "bench/report/words.hpp"

WEIR_BEGIN_NAMESPACE

namespace {

using namespace bench_report;
using record = bench_result::record;

constexpr std::size_t shown_cautions = 20;

class page {
public:
  explicit page(std::size_t columns) : columns_(columns) {}

  void sentence(const std::string& text, std::size_t indent = 0) { out_ += folded(text + '\n', columns_, indent); }
  void add(std::string_view title, const table& t) {
    if (t.empty())
      return;
    out_ += '\n';
    if (!title.empty())
      sentence(std::string(title));
    out_ += t.text(columns_);
  }
  void add(std::string_view title, const std::vector<std::string>& notes) {
    if (!notes.empty())
      out_.append("\n").append(title).append("\n");
    for (std::size_t i = 0; i < std::min(notes.size(), shown_cautions); ++i)
      sentence("- " + notes[i], 2);
  }
  std::string take() && { return std::move(out_); }

private:
  std::size_t columns_;
  std::string out_;
};

table plan_table(const record& r) {
  table plan(2);
  for (const auto& [name, text] : plan_of(r))
    plan.add({name, text});
  return plan;
}

} // namespace

std::string bench_result::text(std::size_t columns) const {
  const auto& r = *record_;
  page to(columns);
  to.sentence(shown(verdict(), 1000));
  for (const auto& sentence : answers(r))
    to.sentence(sentence);
  if (const auto floor = floor_text(r); !floor.empty())
    to.sentence(floor);
  to.add("", plan_table(r));
  if (r.peak)
    to.add("rates tried", probes_table(*r.peak));
  else
    to.add("", totals_table(*this));
  const auto at = told_at(r);
  to.add(at.empty() ? "" : "times " + at, times_table(r, false));
  to.add("times as " + shown(r.made_by) + " tells them", told_times_table(r));
  if (r.peak)
    to.add("all rates together", totals_table(*this));
  to.add("failures and missed objectives", failures_table(r));
  to.add("limits that the provider reported", limits_table(r));
  to.add("notes", cautions(r));
  return std::move(to).take();
}

WEIR_END_NAMESPACE
