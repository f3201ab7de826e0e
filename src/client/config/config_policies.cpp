#include "client/config/config_policies.hpp"

#include <set>

#include "client/config/config_cache.hpp"
#include "client/config/config_cost.hpp"
#include "client/config/config_limits.hpp"
#include "codec/text/nearest.hpp"

namespace weir::inline v0 {

namespace {

// A list of targets, each with the members that `more` asks for beside the target's own.
template <class F>
void each_target(const config_value& v, config_context& in, F&& use) {
  const auto all = v.list();
  if (all.empty())
    v.refuse("must name at least one target");
  std::set<std::string> seen;
  for (const auto& one : all) {
    const auto to = use(one, in);
    if (!seen.insert(to.model_id()).second)
      one.refuse("names the same target as one before it");
  }
}

void read_condition(const config_value& v, fallback& into) {
  const auto name_wanted = v.text();
  std::vector<std::string_view> known;
  for (int i = 1; i <= static_cast<int>(condition::truncated); ++i) {
    known.push_back(name_of(static_cast<condition>(i)));
    if (known.back() == name_wanted) {
      into.on(static_cast<condition>(i));
      return;
    }
  }
  constexpr int last_code = 200;
  for (int i = 1; i <= last_code; ++i) {
    const auto code = static_cast<errc>(i);
    if (name_of(code) == "none")
      continue;
    known.push_back(name_of(code));
    if (known.back() == name_wanted) {
      into.on(code);
      return;
    }
  }
  const auto meant = codec::nearest(name_wanted, known);
  v.refuse("no such condition or error" + (meant.empty() ? std::string("; name one such as transient or rate_limited")
                                                         : "; did you mean \"" + std::string(meant) + "\"?"));
}

} // namespace

retry read_retry(const config_value& v) {
  retry r;
  config_section(v, r)
      .whole("attempts", &retry::attempts, 1)
      .whole("quota_capacity", &retry::quota_capacity)
      .whole("cost", &retry::cost)
      .whole("throttling_cost", &retry::throttling_cost)
      .flag("retry_billed", &retry::retry_billed)
      .time("throttling_base", &retry::throttling_base)
      .time("max_retry_after", &retry::max_retry_after)
      .finish();
  return r;
}

cold_start read_cold_start(const config_value& v) {
  cold_start w;
  config_section(v, w)
      .flag("wait", &cold_start::wait)
      .time("limit", &cold_start::limit)
      .flag("any_host", &cold_start::any_host)
      .finish();
  return w;
}

breaker read_breaker(const config_value& v) {
  breaker b;
  config_section(v, b)
      .flag("enabled", &breaker::enabled)
      .whole("consecutive_failures", &breaker::consecutive_failures)
      .time("consecutive_span", &breaker::consecutive_span)
      .number("consecutive_share", &breaker::consecutive_share)
      .number("min_success", &breaker::min_success)
      .whole("min_requests", &breaker::min_requests)
      .time("window", &breaker::window)
      .time("open_for", &breaker::open_for)
      .time("open_for_at_most", &breaker::open_for_at_most)
      .time("slow_first_token", &breaker::slow_first_token)
      .flag("wait", &breaker::wait)
      .finish();
  return b;
}

hedge read_hedge(const config_value& v) {
  hedge h;
  config_section(v, h)
      .with("after",
            [&](const config_value& after) {
              if (after.is_text() && after.text() == "p95")
                h.after_p95();
              else
                h.after(after.duration());
            })
      .number("max_extra_load", &hedge::max_extra_load)
      .whole("min_samples", &hedge::min_samples)
      .time("window", &hedge::window)
      .finish();
  if (!h.enabled())
    v.refuse("must have \"after\": a duration, or \"p95\"");
  return h;
}

fallback read_fallback(const config_value& v, config_context& in) {
  fallback f;
  const auto targets = [&](const config_value& list) {
    each_target(list, in, [&](const config_value& one, config_context& c) {
      f.to(read_target(one, c));
      return f.targets().back();
    });
  };
  if (v.is_list()) {
    targets(v);
    config_section<fallback>::check(f, v);
    return f;
  }
  config_section(v, f)
      .with("targets", targets)
      .with("on",
            [&](const config_value& on) {
              for (const auto& one : on.texts())
                read_condition(one, f);
            })
      .number("first_share", &fallback::first_share)
      .time("patience", &fallback::patience)
      .flag("resume_interrupted", &fallback::resume_interrupted)
      .whole("max_continuations", &fallback::max_continuations)
      .finish();
  if (!f.enabled())
    v.refuse("must have \"targets\"");
  return f;
}

routing read_routing(const config_value& v, config_context& in) {
  routing r;
  const auto weighted = [&](const config_value& one, config_context& c) {
    double weight = 1;
    target to;
    if (one.is_object()) {
      auto o = one.object();
      to = read_target(o, c);
      o.on("weight", [&](const config_value& w) { weight = w.number(); });
      o.finish();
    } else {
      to = read_target(one, c);
    }
    r.add(to, weight);
    return to;
  };
  config_section(v, r)
      .with("targets", [&](const config_value& list) { each_target(list, in, weighted); })
      .with("by",
            [&](const config_value& by) {
              r.by(by.one_of<routing::strategy>({{"weighted", routing::strategy::weighted},
                                                 {"least_in_flight", routing::strategy::least_in_flight},
                                                 {"p2c_peak_ewma", routing::strategy::p2c_peak_ewma}}));
            })
      .time("decay", &routing::decay)
      .time("ramp", &routing::ramp)
      .finish();
  if (r.targets().empty())
    v.refuse("must have \"targets\"");
  return r;
}

tiers read_tiers(const config_value& v, config_context& in) {
  tiers t;
  each_target(v, in, [&](const config_value& one, config_context& c) {
    auto o = one.object();
    std::string name;
    o.on("name", [&](const config_value& n) { name = n.text(); });
    if (name.empty())
      one.refuse("must have a \"name\"");
    const auto whole = o.find("target");
    const auto to = whole ? read_target(*whole, c) : read_target(o, c);
    o.finish();
    t.add(name, to);
    return to;
  });
  config_section<tiers>::check(t, v);
  return t;
}

void read_key_pool(const config_value& v, key_pool& into) {
  config_section(v, into)
      .with("by",
            [&](const config_value& by) {
              using order = key_pool::order;
              into.by(by.one_of<order>({{"round_robin", order::round_robin},
                                        {"least_recently_throttled", order::least_recently_throttled}}));
            })
      .time("pause", &key_pool::pause)
      .time("disabled_for", &key_pool::disabled_for)
      .finish();
}

void read_policies(config_object& root, config_context& in) {
  auto& o = in.settings;
  root.on("retry", [&](const config_value& v) { o.retry(read_retry(v)); })
      .on("rate_limit",
          [&](const config_value& v) {
            for (auto& [to, limit] : read_rate_limits(v, in)) {
              if (to == target())
                o.rate_limit(std::move(limit));
              else
                o.rate_limit(std::move(to), std::move(limit));
            }
          })
      .on("concurrency",
          [&](const config_value& v) {
            for (auto& [to, limit] : read_concurrency(v, in)) {
              if (to == target())
                o.concurrency(std::move(limit));
              else
                o.concurrency(std::move(to), std::move(limit));
            }
          })
      .on("breaker", [&](const config_value& v) { o.breaker(read_breaker(v)); })
      .on("hedge", [&](const config_value& v) { o.hedge(read_hedge(v)); })
      .on("fallback", [&](const config_value& v) { o.fallback(read_fallback(v, in)); })
      .on("routing", [&](const config_value& v) { o.routing(read_routing(v, in)); })
      .on("cold_start", [&](const config_value& v) { o.cold_start(read_cold_start(v)); })
      .on("tiers", [&](const config_value& v) { o.tiers(read_tiers(v, in)); })
      .on("cache", [&](const config_value& v) { o.cache(read_cache(v, in)); })
      .on("key_pool", [&](const config_value& v) { read_key_pool(v, in.pool); });
  read_cost(root, in);
  if (!in.pool.keys().empty())
    o.keys(in.pool);
}

} // namespace weir::inline v0
