// The numbers of a batch, for programs.
#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "batch/output/object_writer.hpp"
#include "batch/report/words.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0 {

namespace {

double rounded_seconds(duration d) { return in_seconds(std::chrono::round<std::chrono::microseconds>(d)); }

const char* name_of(held_by why) noexcept {
  switch (why) {
  case held_by::nothing: break;
  case held_by::rate_limit: return "rate_limit";
  case held_by::concurrency: return "concurrency";
  case held_by::provider: return "provider";
  case held_by::outage: return "outage";
  case held_by::budget: return "budget";
  case held_by::answers: return "answers";
  case held_by::input: return "input";
  case held_by::end: return "end";
  }
  return "nothing";
}

template <class F>
std::string object(const F& fill) {
  std::string out;
  object_writer o(out);
  fill(o);
  o.close();
  return out;
}

template <class List, class F>
std::string array(const List& all, const F& text_of) {
  std::string out = "[";
  for (const auto& one : all)
    out.append(out.size() == 1 ? "" : ",").append(text_of(one));
  return out + ']';
}

std::string outcomes(const batch_progress& p) {
  return object([&p](object_writer& o) {
    for (std::size_t i = 0; i != p.outcomes.size(); ++i)
      o.number(weir::name_of(static_cast<outcome>(i)), p.outcomes[i]);
  });
}

std::string failures(const batch_progress& p) {
  return array(p.failures, [](const batch_failure_kind& kind) {
    return object([&kind](object_writer& o) {
      o.text("code", kind.code);
      o.number("count", kind.count);
      o.text("example", kind.example);
      o.text("example_id", kind.example_id);
    });
  });
}

std::string amounts(const std::map<std::string, money>& by_currency) {
  return object([&by_currency](object_writer& o) {
    for (const auto& [currency, amount] : by_currency)
      o.text(currency, amount.text());
  });
}

void fill(object_writer& o, const batch_progress& p) {
  if (p.total)
    o.number("total", *p.total);
  else
    o.null("total");
  o.number("read", p.read);
  o.number("in_flight", p.in_flight);
  o.number("again", p.again);
  o.number("done", p.done);
  o.number("succeeded", p.succeeded());
  o.number("failed", p.failed());
  o.number("restored", p.restored);
  o.number("repeated", p.repeated);
  o.number("cached", p.cached);
  o.raw("outcomes", outcomes(p));
  o.raw("failures", failures(p));
  o.number("calls", p.calls);
  o.number("attempts", p.attempts);
  o.number("input_tokens", p.input_tokens);
  o.number("cached_tokens", p.cached_tokens);
  o.number("output_tokens", p.output_tokens);
  o.raw("cost", amounts(p.cost));
  o.flag("cost_estimated", p.cost_estimated);
  o.number("unpriced", p.unpriced);
  o.number("elapsed_s", rounded_seconds(p.elapsed));
  o.number("calls_per_s", p.calls_per_s);
  o.number("output_tokens_per_s", p.output_tokens_per_s);
  if (p.left)
    o.number("left_s", rounded_seconds(*p.left));
  else
    o.null("left_s");
}

std::string quantiles(const std::array<duration, 4>& all) {
  if (all.back() == duration())
    return "null";
  return object([&all](object_writer& o) {
    constexpr std::array names{"p50", "p90", "p95", "p99"};
    for (std::size_t i = 0; i != names.size(); ++i)
      o.number(names[i], rounded_seconds(all[i]));
  });
}

void add_place(object_writer& o, std::string_view key, const std::string& path) {
  if (path.empty())
    o.null(key);
  else
    o.text(key, path);
}

} // namespace

std::string progress_json(const batch_progress& p, const hold& why) {
  return object([&](object_writer& o) {
    fill(o, p);
    o.text("held_by", name_of(why.why));
    if (why.since)
      o.number("held_since_s", rounded_seconds(*why.since));
    if (why.left)
      o.number("held_for_s", rounded_seconds(*why.left));
  });
}

std::string report_json(const batch_report& r, const report_places& where) {
  return object([&](object_writer& o) {
    o.flag("complete", r.complete());
    add_place(o, "stopped", r.stopped);
    fill(o, r);
    o.raw("spent_before", amounts(where.spent_before()));
    o.raw("latency_s", quantiles(r.took));
    o.raw("first_token_s", quantiles(r.first_token));
    o.raw("slowest", array(r.slowest, [](const auto& one) {
            return object([&one](object_writer& each) {
              each.text("id", one.first);
              each.number("took_s", rounded_seconds(one.second));
            });
          }));
    add_place(o, "output", where.output());
    add_place(o, "failures_file", where.failures());
    add_place(o, "journal", where.journal());
  });
}

} // namespace weir::inline v0
