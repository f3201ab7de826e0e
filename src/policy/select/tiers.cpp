#include "policy/select/tiers.hpp"

#include <algorithm>
#include <deque>
#include <set>

#include <weir/policy/routing.hpp>

#include "policy/select/tiers_replay.hpp"
#include "policy/settings_error.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

constexpr std::size_t long_text = 8000;
constexpr std::size_t max_collected = std::size_t{16} << 20;

std::size_t text_of(const message& m) noexcept {
  std::size_t n = m.content() ? m.content()->size() : 0;
  for (const auto& p : m.parts())
    n += p.type() == content_part::kind::text ? p.value().size() : 0;
  return n;
}

} // namespace

std::size_t tiers::by_difficulty(const chat& c, std::size_t count) {
  std::size_t size = 0;
  for (const auto& m : c.messages())
    size += text_of(m);
  const auto effort = c.reasoning_effort().value_or(std::string());
  const bool hard = !c.tools().empty() || effort == "high" || effort == "xhigh" || size > long_text;
  return hard && count != 0 ? count - 1 : 0;
}

void tiers::check(std::string_view path) const {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < list_.size(); ++i) {
    const auto field = "tiers[" + std::to_string(i) + "]";
    if (list_[i].name.empty())
      throw_invalid_setting(path, field + ".name", "must not be empty");
    if (!names.insert(list_[i].name).second)
      throw_invalid_setting(path, field + ".name", "is the name of another tier");
    if (list_[i].to == target())
      throw_invalid_setting(path, field + ".target", "names no provider, model, base_url or key");
  }
  if (collect_first_ && !accept_)
    throw_invalid_setting(path, "collect_first", "needs accept: a function that checks answers");
}

namespace {

// A tier's answer, and whether to take it.
class collected {
public:
  collected(reply r, bool accepted) : answer(std::move(r)), accepted(accepted) {}
  reply answer;
  bool accepted;
};

class tiers_layer final : public handler {
public:
  tiers_layer(tiers s, handler_ptr inner) : settings_(std::move(s)), inner_(std::move(inner)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto* ask = c.op->as_chat();
    if (!ask)
      co_return co_await (*inner_)(c);
    const auto& list = settings_.list();
    const target own = c.to;
    auto at = settings_.pick() ? settings_.pick()(*ask) : tiers::by_difficulty(*ask, list.size());
    at = std::min(at, list.size() - 1);
    for (;; ++at) {
      c.to = merged(list[at].to, own);
      auto r = co_await (*inner_)(c);
      const bool last = at + 1 == list.size();
      if (last || !settings_.accept() || (c.streamed && !settings_.collect_first()))
        co_return r;
      if (!c.streamed) {
        const auto* answer = std::any_cast<completion>(&r.result());
        if (!answer || settings_.accept()(*answer))
          co_return r;
      } else {
        auto checked = co_await collect_and_check(std::move(r), settings_.accept());
        if (checked.accepted)
          co_return std::move(checked.answer);
      }
      c.attempt.reset();
    }
  }

private:
  // A stream that fails is passed on as it is: there is no answer to check.
  static asio::awaitable<collected> collect_and_check(reply r, tiers::judge accept) {
    std::deque<event> read;
    completion all;
    std::size_t size = 0;
    bool whole = false;
    std::exception_ptr failed;
    try {
      while (size <= max_collected) {
        auto e = co_await r.next();
        if (!e) {
          whole = true;
          break;
        }
        size += e->content().size() + sizeof(event);
        all.add(*e);
        read.push_back(std::move(*e));
      }
    } catch (const error&) {
      // Reported again to the reader of the answer.
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed)
      std::rethrow_exception(failed);
    bool accepted = true;
    if (whole) {
      all.outcome = r.outcome();
      all.usage = r.usage();
      all.info = r.info();
      all.failure = r.failure();
      accepted = accept(all);
    }
    collected result(reply(std::make_shared<replayed_source>(std::move(read), r.release())), accepted);
    co_return result;
  }

  tiers settings_;
  handler_ptr inner_;
};

} // namespace

layer make_tiers(tiers settings) {
  settings.check("tiers");
  return [settings = std::move(settings)](handler_ptr inner) -> handler_ptr {
    if (!settings.enabled())
      return inner;
    return std::make_shared<tiers_layer>(settings, std::move(inner));
  };
}

} // namespace weir::inline v0
