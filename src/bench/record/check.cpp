// Limits for continuous integration: what a change may cost.
#include <weir/bench/result.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>

#include <weir/core/error.hpp>

#include "bench/record/check_figure.hpp"
#include "bench/record/record.hpp"
#include "core/ascii.hpp"
#include "core/time/duration.hpp"
#include "cost/plain_text.hpp"

WEIR_BEGIN_NAMESPACE

namespace {

using bench_record::check_figure;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw error(errc::invalid_argument, "\"" + std::string(text) + "\": " + why);
}

std::optional<double> number(std::string_view text) {
  double n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  const bool all = ec == std::errc() && end == text.data() + text.size();
  return all && std::isfinite(n) && n >= 0 ? std::optional(n) : std::nullopt;
}

double absolute(const check_figure& f, std::string_view limit, std::string_view whole) {
  if (f.is_time())
    try {
      return static_cast<double>(parse_duration(limit).count());
    } catch (const error&) {
      refuse(whole, "\"" + std::string(limit) + "\" is neither a time such as 500ms nor a ratio such as 1.1x");
    }
  const bool percent = f.is_share() && limit.ends_with('%');
  if (percent)
    limit.remove_suffix(1);
  else if (f.is_rate() && limit.ends_with("/s"))
    limit.remove_suffix(2);
  const auto n = number(limit);
  // `failures > 1` means 1 %, and would never be so as a share.
  if (!n || (f.is_share() && (*n > (percent ? 100 : 1) || (!percent && *n == 1))))
    refuse(whole, "\"" + std::string(limit) + "\" is no " +
                      (f.is_share() ? "share such as 0.99 or 1%" : "number such as 20, and no ratio such as 0.95x"));
  return percent ? *n / 100 : *n;
}

std::string ratio_text(double r) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, r, std::chars_format::fixed, 3).ptr;
  return std::string(text, end) + "x";
}

std::string plain_name(const bench_record::target_record& t) {
  std::string out;
  append_plain(out, t.name, 60);
  return out;
}

// The same target in the other result: by its name, or the only one.
std::optional<std::size_t> counterpart(const bench_result& now, std::size_t i, const bench_result& before) {
  const auto& there = before.data().targets;
  const auto same =
      std::find_if(there.begin(), there.end(), [&](const auto& t) { return t.name == now.data().targets[i].name; });
  if (same != there.end())
    return static_cast<std::size_t>(same - there.begin());
  return now.targets() == 1 && there.size() == 1 ? std::optional<std::size_t>(0) : std::nullopt;
}

} // namespace

bench_check::bench_check(std::string_view text) : text_(trimmed(text)) {
  const std::string_view whole = text_;
  const auto at = whole.find_first_of("<>");
  if (at == whole.npos || whole.substr(at + 1).find_first_of("<>=") != std::string_view::npos)
    refuse(whole, "write a figure, < or >, and a limit: ttft.p95 > 1.1x");
  figure_ = trimmed(whole.substr(0, at));
  above_ = whole[at] == '>';
  const check_figure f(figure_);
  auto limit = trimmed(whole.substr(at + 1));
  relative_ = limit.ends_with('x');
  if (!relative_) {
    limit_ = absolute(f, limit, whole);
    return;
  }
  limit.remove_suffix(1);
  const auto n = number(limit);
  if (!n || *n == 0)
    refuse(whole, "\"" + std::string(limit) + "x\" is no ratio such as 1.1x");
  limit_ = *n;
}

std::string bench_check::failed(const bench_result& now, const bench_result* before) const {
  const check_figure f(figure_);
  if (relative_ && !before)
    throw error(errc::invalid_argument, "\"" + text_ + "\" compares with a baseline, and there is none");
  for (std::size_t i = 0; i < now.targets(); ++i) {
    const double value = f.of(now, i, "");
    std::string is =
        figure_ + (now.targets() > 1 ? " of " + plain_name(now.data().targets[i]) : "") + " is " + f.text(value);
    double compared = value;
    if (relative_) {
      const auto there = counterpart(now, i, *before);
      if (!there)
        throw error(errc::invalid_argument, "the baseline has no target " + plain_name(now.data().targets[i]));
      const double was = f.of(*before, *there, " in the baseline");
      compared = was > 0 ? value / was : value > 0 ? HUGE_VAL : 1;
      is += ", " + (std::isinf(compared) ? "where it was " : ratio_text(compared) + " of ") + f.text(was);
    }
    if (above_ ? compared > limit_ : compared < limit_)
      return is + ": fails " + text_;
  }
  return {};
}

WEIR_END_NAMESPACE
