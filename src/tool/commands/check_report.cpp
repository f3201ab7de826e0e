#include "tool/commands/check_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "codec/json/json.hpp"
#include "core/time/in_seconds.hpp"
#include "tool/exit_code.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

namespace json = codec::json;
using namespace std::chrono_literals;

std::string_view word(verdict v) {
  switch (v) {
  case verdict::ok: return "ok";
  case verdict::note: return "note";
  case verdict::skipped: return "skip";
  case verdict::failed: return "FAIL";
  }
  return "";
}

int rank(int code) {
  static constexpr std::array order{
      static_cast<int>(exit_code::complete),      static_cast<int>(exit_code::deadline),
      static_cast<int>(exit_code::transient),     static_cast<int>(exit_code::broken_off),
      static_cast<int>(exit_code::configuration), static_cast<int>(exit_code::usage_error),
      static_cast<int>(exit_code::refused)};
  return static_cast<int>(std::find(order.begin(), order.end(), code) - order.begin());
}

} // namespace

const check_step* checked_provider::failed() const noexcept {
  const auto it = std::find_if(steps.begin(), steps.end(), [](const auto& s) { return s.how == verdict::failed; });
  return it == steps.end() ? nullptr : &*it;
}

std::string to_text(const check_step& s) {
  const auto time = s.took > duration() ? fmt::format("{:.0f} ms", in_milliseconds(s.took)) : std::string();
  return fmt::format("  {:<4}  {:<11} {:>8}  {}\n", word(s.how), s.name, time, harmless(s.detail));
}

std::string to_json(const checked_provider& p) {
  json::array steps;
  for (const auto& s : p.steps) {
    json::object o{{"step", s.name},
                   {"result", s.how == verdict::failed ? "failed" : word(s.how)},
                   {"ms", in_milliseconds(s.took)},
                   {"detail", s.detail}};
    if (s.failure)
      o["error"] = json::object{{"code", s.failure.code().category() == error_category()
                                             ? name_of(static_cast<errc>(s.failure.code().value()))
                                             : std::string_view("system")},
                                {"status", s.failure.status()}};
    steps.push_back(std::move(o));
  }
  json::object all{{"provider", p.provider}, {"url", p.url}, {"ok", p.failed() == nullptr}};
  all["steps"] = std::move(steps);
  return codec::to_text(all);
}

int worst_code(const std::vector<checked_provider>& all) noexcept {
  int worst = exit_code::complete;
  for (const auto& p : all)
    if (const auto* s = p.failed())
      if (const int code = code_of(s->failure); rank(code) > rank(worst))
        worst = code;
  return worst;
}

check_step clock_step(std::chrono::system_clock::time_point local, std::chrono::system_clock::time_point remote) {
  const auto off = std::chrono::round<std::chrono::seconds>(local - remote);
  check_step s("clock", verdict::ok, duration(), "agrees with the server's");
  if (std::chrono::abs(off) > 60s) {
    s.how = verdict::note;
    s.detail = fmt::format(
        "this machine's clock is {} s {} the server's: correct it, certificates and retry delays rely on it",
        std::chrono::abs(off).count(), off > 0s ? "ahead of" : "behind");
  }
  return s;
}

} // namespace weir::inline v0::cli
