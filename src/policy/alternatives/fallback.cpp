#include "policy/alternatives/fallback.hpp"

#include <boost/asio/this_coro.hpp>

#include <weir/core/within.hpp>

#include "core/time/duration.hpp"
#include "policy/alternatives/continuation.hpp"
#include "policy/alternatives/fallback_core.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

class fallback_layer final : public handler {
public:
  fallback_layer(fallback s, handler_ptr inner) : core_(std::move(s)), inner_(std::move(inner)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto ex = co_await asio::this_coro::executor;
    auto& time = time_of(ex);
    const auto deadline = scope_of(ex)->deadline();
    const auto plan = core_.plan(c.to);
    std::vector<failed_target> tried;
    for (std::size_t i = 0; i < plan.size(); ++i) {
      const auto now = time.now();
      const auto part = core_.share(deadline == never ? duration::max() : deadline - now, plan.size() - i);
      const auto until = after(now, part);
      const auto one = std::make_shared<call>(c);
      one->to = plan[i];
      one->elsewhere = c.elsewhere || i + 1 != plan.size();
      if (i != 0)
        one->attempt.reset();
      auto asking = until < deadline ? within(until, ask_for_start(inner_, one)) : ask_for_start(inner_, one);
      std::optional<reply> r;
      std::optional<failure> why;
      std::exception_ptr failed;
      try {
        r.emplace(co_await std::move(asking));
      } catch (const error& e) {
        why = e.failure();
        failed = std::current_exception();
      }
      c.attempt = one->attempt;
      if (r) {
        c.to = one->to;
        co_return go_on(std::move(*r), c, plan, i);
      }
      if (why->code() == errc::cancelled)
        std::rethrow_exception(failed);
      const bool too_late = why->code() == errc::deadline_exceeded;
      const bool final = too_late ? time.now() >= deadline : !core_.falls_back_on(why->code());
      // The target's part is over, or a wait would have outlasted it.
      if (too_late && !final && i + 1 != plan.size())
        why->code(errc::first_token_timeout)
            .message("no first token within its part of the deadline, " + format_duration(part));
      tried.emplace_back(plan[i], std::move(*why));
      if (final)
        throw error(all_failed(tried, true));
    }
    throw error(all_failed(tried, false));
  }

private:
  // From here on only an answer that breaks off can still be rescued.
  reply go_on(reply r, const call& c, const std::vector<target>& plan, std::size_t at) const {
    const auto& s = core_.settings();
    if (!s.resume_interrupted() || !c.streamed)
      return r;
    std::vector<target> next(plan.begin() + static_cast<std::ptrdiff_t>(at) + 1, plan.end());
    next.push_back(plan[at]);
    auto source = std::make_shared<continued_source>(r.release(), c, inner_, std::move(next), s.max_continuations());
    source->begin();
    return reply(std::move(source));
  }

  fallback_core core_;
  handler_ptr inner_;
};

} // namespace

layer make_fallback(fallback settings) {
  settings.check("fallback");
  return [settings = std::move(settings)](handler_ptr inner) -> handler_ptr {
    if (!settings.enabled())
      return inner;
    return std::make_shared<fallback_layer>(settings, std::move(inner));
  };
}

} // namespace weir::inline v0
