#include "policy/cache/cached_source.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

#include <weir/core/executor.hpp>

#include "core/async/alarm.hpp"
#include "core/failure/failure_of.hpp"
#include "task/one_reader.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// Events that are handed out in one go: a reader that takes whatever is there must leave others their turn.
constexpr std::size_t at_a_time = 64;

} // namespace

std::shared_ptr<cached_source> cached_source::start(std::shared_ptr<const recorded_answer> answer, bool paced,
                                                    std::shared_ptr<scope> in, std::shared_ptr<weir::attempt> record,
                                                    replay_end end) {
  auto made = std::make_shared<cached_source>(key(), std::move(answer), paced, std::move(in), std::move(record),
                                              std::move(end));
  made->scope_->attach(*made);
  return made;
}

cached_source::cached_source(key, std::shared_ptr<const recorded_answer> answer, bool paced, std::shared_ptr<scope> in,
                             std::shared_ptr<weir::attempt> record, replay_end end)
    : answer_(std::move(answer)), paced_(paced), scope_(std::move(in)), record_(std::move(record)),
      end_(std::move(end)), time_(time_of(scope_->inner())), begun_(time_.now()), due_(begun_) {}

asio::awaitable<std::optional<event>> cached_source::next() {
  const auto self = shared_from_this();
  const bool more = co_await ready();
  if (!more)
    co_return std::nullopt;
  const auto& e = answer_->events[at_];
  due_ = after(due_, e.gap);
  ++at_;
  ++record_->events;
  if (e.what.is_token()) {
    if (record_->first_token == duration()) {
      record_->first_token = std::max(duration(1), time_.now() - begun_);
      tell_first_token();
    } else {
      tell_token(time_.now());
    }
  }
  co_return e.what;
}

asio::awaitable<bool> cached_source::ready() {
  const auto self = shared_from_this();
  const one_reader here(reading_);
  if (!ended_ && !at_end()) {
    std::exception_ptr failed;
    try {
      if (paced_)
        co_await wait();
      else if (at_ % at_a_time == at_a_time - 1)
        co_await asio::post(scope_->inner(), asio::use_awaitable);
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed)
      end_by(errc::cancelled);
  }
  if (!ended_ && at_end())
    finish(end_.how, end_.why);
  if (failure_ && outcome_ != weir::outcome::filtered)
    throw error(failure_);
  co_return !ended_;
}

asio::awaitable<void> cached_source::wait() {
  const asio::any_io_executor ex{executor(scope_)};
  alarm turn;
  while (!ended_) {
    const auto at = std::min(after(due_, answer_->events[at_].gap), scope_->deadline());
    if (time_.now() >= at)
      break;
    turn.set(time_, ex, at, [weak = weak_from_this()] {
      if (const auto self = weak.lock())
        self->bell_.ring();
    });
    co_await bell_.wait();
  }
  if (!ended_ && time_.now() >= scope_->deadline())
    end_by(errc::deadline_exceeded);
}

void cached_source::end_by(errc reason) noexcept {
  if (ended_)
    return;
  if (at_end())
    return finish(end_.how, copy_of(end_.why));
  auto why = failure_by(reason, {reason == errc::deadline_exceeded ? "the deadline was reached" : "cancelled",
                                 " while a cached answer was being replayed"});
  const auto how = outcome_of(why);
  finish(how, std::move(why));
}

void cached_source::on_cancel(errc reason) noexcept {
  const auto self = weak_from_this().lock(); // a listener may let go of the last reply
  end_by(reason);
}

void cached_source::finish(weir::outcome o, weir::failure f) noexcept {
  ended_ = true;
  outcome_ = o;
  failure_ = std::move(f);
  record_->failure = copy_of(failure_);
  record_->ended = time_.now() - begun_;
  unlink();
  bell_.ring();
  tell_end();
}

} // namespace weir::inline v0
