#include "client/config/config_limits.hpp"

#include <set>

namespace weir::inline v0 {

namespace {

void set(config_section<rate_limit>& s, rate_limit& into) {
  s.whole("requests_per_minute", &rate_limit::requests_per_minute)
      .whole("tokens_per_minute", &rate_limit::tokens_per_minute)
      .whole("requests_per_day", &rate_limit::requests_per_day)
      .whole("tokens_per_day", &rate_limit::tokens_per_day)
      .with("counted",
            [&](const config_value& v) {
              into.counted(v.one_of<counted_tokens>({{"all", counted_tokens::all},
                                                     {"prompt", counted_tokens::prompt},
                                                     {"completion", counted_tokens::completion}}));
            })
      .number("batch_share", &rate_limit::batch_share)
      .whole("max_waiting", &rate_limit::max_waiting)
      .flag("learn", &rate_limit::learn)
      .flag("gate", &rate_limit::gate)
      .time("longest_gate", &rate_limit::longest_gate)
      .flag("models_together", &rate_limit::models_together);
}

void set(config_section<concurrency>& s, concurrency&) {
  s.whole("limit", &concurrency::limit)
      .flag("adaptive", &concurrency::adaptive)
      .whole("initial", &concurrency::initial)
      .whole("min", &concurrency::min)
      .whole("max", &concurrency::max)
      .time("episode", &concurrency::episode)
      .number("slow_first_token", &concurrency::slow_first_token)
      .number("batch_share", &concurrency::batch_share)
      .whole("max_waiting", &concurrency::max_waiting);
}

template <class S>
limits_by_target<S> read_limits(const config_value& v, config_context& in) {
  limits_by_target<S> all;
  if (!v.is_list()) {
    S one;
    config_section<S> section(v, one);
    set(section, one);
    section.finish();
    all.emplace_back(target(), std::move(one));
    return all;
  }
  std::set<std::string> seen;
  for (const auto& entry : v.list()) {
    S one;
    target to;
    config_section<S> section(entry, one);
    section.with("target", [&](const config_value& t) { to = read_target(t, in); });
    set(section, one);
    section.finish();
    if (!seen.insert(to.model_id()).second)
      entry.refuse("is for the same target as one before it");
    all.emplace_back(std::move(to), std::move(one));
  }
  return all;
}

} // namespace

limits_by_target<rate_limit> read_rate_limits(const config_value& v, config_context& in) {
  return read_limits<rate_limit>(v, in);
}

limits_by_target<concurrency> read_concurrency(const config_value& v, config_context& in) {
  return read_limits<concurrency>(v, in);
}

} // namespace weir::inline v0
