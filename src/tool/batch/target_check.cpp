#include "tool/batch/target_check.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "policy/alternatives/fallback_core.hpp"

namespace weir::inline v0::cli {

namespace {

// As many failures in a row end a job.
constexpr std::size_t enough = 100;

bool is_of_target(const error_code& code) {
  static constexpr errc all[] = {errc::unknown_provider, errc::missing_key, errc::malformed_key,
                                 errc::malformed_url,    errc::insecure,    errc::invalid_configuration,
                                 errc::key_unavailable};
  return std::any_of(std::begin(all), std::end(all), [&code](errc e) { return code == e; });
}

bool is_chat(const batch_item::request_type& request) { return !std::holds_alternative<task_request>(request); }

bool names_model(const batch_item::request_type& request) {
  return std::visit([](const auto& r) { return !r.model().empty(); }, request);
}

// Of a chat a provider that has none, or no model. What a task lacks may be what the Hub knows.
bool concerns_all(const failure& why, const batch_item::request_type& request, const options& o) {
  if (is_of_target(why.code()))
    return true;
  if (!is_chat(request))
    return false;
  return why.code() == errc::unsupported ||
         (why.code() == errc::invalid_argument && o.model().empty() && !names_model(request));
}

void explain(const client& by, const batch_item::request_type& request) {
  std::visit([&by](const auto& r) { static_cast<void>(by.explain(r)); }, request);
}

} // namespace

target_check::target_check(weir::options o)
    : options_(std::move(o)), client_(options_),
      is_open_(!options_.routing().targets().empty() || !options_.tiers().list().empty()) {}

failure target_check::problem_of(const batch_item::request_type& request) const {
  try {
    explain(client_, request);
  } catch (const error& e) {
    if (concerns_all(e.failure(), request, options_) && !has_fallback(e.failure()))
      return e.failure();
  }
  return {};
}

// Whether calls that end so have another target that can be asked.
bool target_check::has_fallback(const failure& why) const {
  if (!fallback_core(options_.fallback()).falls_back_on(why.code()))
    return false;
  const auto& others = options_.fallback().targets();
  return std::any_of(others.begin(), others.end(), [this](const target& t) {
    if (!t.key().empty())
      return true;
    auto there = options_;
    there.fallback(fallback());
    if (!t.provider().empty() || !t.base_url().empty())
      there.provider(t.provider()).base_url(t.base_url());
    if (!t.model().empty())
      there.model(t.model());
    try {
      explain(client(std::move(there)), chat().user("?"));
    } catch (const error& e) {
      return !is_of_target(e.code());
    }
    return true;
  });
}

void target_check::look(const batch_item& item) {
  if (passed_ || is_open_ || item.rejection())
    return;
  auto why = problem_of(item.request());
  if (!why) {
    passed_ = true;
    return;
  }
  if (failed_++ == 0)
    first_ = std::move(why);
  if (failed_ >= enough)
    throw error(first_);
}

void target_check::finish(bool more) {
  if (more && failed_ == 0 && !passed_ && !is_open_) {
    const auto why = problem_of(chat("any").user("?"));
    if (is_of_target(why.code()))
      throw error(why);
  }
  if (failed_ != 0 && !passed_)
    throw error(first_);
}

} // namespace weir::inline v0::cli
