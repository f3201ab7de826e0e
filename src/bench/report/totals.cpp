// What came of a benchmark in all, side by side.
#include "batch/report/numbers.hpp"
#include "bench/report/figures.hpp"
#include "bench/report/tables.hpp"
#include "bench/report/words.hpp"

namespace weir::inline v0::bench_report {

namespace {

using record = bench_result::record;

std::string with_share(std::uint64_t part, std::uint64_t all) {
  return grouped(part) + (all > 0 ? " (" + percent(share_of(part, all)) + ")" : "");
}

class totals {
public:
  explicit totals(const bench_result& whole) : whole_(whole), r_(whole.data()) {
    if (r_.targets.size() < 2)
      return;
    to_.head.emplace_back("");
    for (const auto& t : r_.targets)
      to_.head.push_back(shown(t.name, 40));
  }

  table take() && {
    calls();
    rates();
    tokens();
    costs();
    return std::move(to_);
  }

private:
  // A row of `name` and what `text` has for each target, unless it has nothing for any.
  template <class F>
  void add(const char* name, F text) {
    std::vector<std::string> cells{name};
    bool any = false;
    for (std::size_t i = 0; i < r_.targets.size(); ++i) {
      cells.push_back(text(i));
      any = any || !cells.back().empty();
    }
    if (any)
      to_.add(std::move(cells));
  }
  const measure::tally& of(std::size_t i) const { return r_.targets[i].all; }

  void calls() {
    add("calls", [&](std::size_t i) { return grouped(of(i).calls); });
    add("complete", [&](std::size_t i) { return with_share(of(i).complete, of(i).calls); });
    if (!r_.objectives.empty()) {
      add("good", [&](std::size_t i) { return with_share(of(i).good, of(i).calls); });
      if (!r_.peak)
        add("objective", [&](std::size_t i) { return std::string(attained(r_, r_.targets[i]).text()); });
    }
    add("failed", [&](std::size_t i) { return with_share(of(i).calls - of(i).complete, of(i).calls); });
    add("still running at the end", [&](std::size_t i) {
      return r_.targets[i].unfinished > 0 ? grouped(r_.targets[i].unfinished) : std::string();
    });
    add("cancelled as planned",
        [&](std::size_t i) { return r_.targets[i].cancelled > 0 ? grouped(r_.targets[i].cancelled) : std::string(); });
    add("most in flight", [&](std::size_t i) { return grouped(r_.targets[i].most_in_flight); });
  }

  void rates() {
    if (r_.offered > 0)
      add("offered/s", [&](std::size_t) { return rate_text(r_.offered_here()); });
    add("complete/s", [&](std::size_t i) { return rate_text(whole_.rate(i)); });
    if (!r_.objectives.empty())
      add("good/s", [&](std::size_t i) { return rate_text(whole_.rate(i) * share_of(of(i).good, of(i).complete)); });
    add("output tokens/s", [&](std::size_t i) { return rate_text(whole_.output_tokens_per_s(i)); });
  }

  void tokens() {
    add("input tokens", [&](std::size_t i) { return grouped(of(i).input_tokens); });
    add("of which cached", [&](std::size_t i) {
      return of(i).cached_tokens > 0 ? with_share(of(i).cached_tokens, of(i).input_tokens) : std::string();
    });
    add("output tokens", [&](std::size_t i) { return grouped(of(i).output_tokens); });
  }

  void costs() {
    const auto figure = [this](std::string cost_figures::* f) {
      return [this, f](std::size_t i) {
        std::string text;
        for (const auto& c : costs_of(r_.targets[i]))
          text += (text.empty() || (c.*f).empty() ? "" : " + ") + c.*f;
        return text;
      };
    };
    add("cost", figure(&cost_figures::total));
    add("cost per 1M useful tokens", figure(&cost_figures::per_million_useful));
    add("cost per good answer", figure(&cost_figures::per_good));
  }

  const bench_result& whole_;
  const record& r_;
  table to_;
};

} // namespace

table totals_table(const bench_result& whole) { return totals(whole).take(); }

} // namespace weir::inline v0::bench_report
