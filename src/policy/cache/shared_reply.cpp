#include "policy/cache/shared_reply.hpp"

#include <algorithm>
#include <utility>

#include <weir/core/executor.hpp>

#include "core/failure/failure_of.hpp"
#include "task/one_reader.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

std::shared_ptr<shared_reply> shared_reply::start(std::unique_ptr<flight::reader> from, std::shared_ptr<scope> in,
                                                  std::shared_ptr<weir::attempt> record, bool own_record) {
  auto made = std::make_shared<shared_reply>(key(), std::move(from), std::move(in), std::move(record), own_record);
  made->scope_->attach(*made);
  if (made->scope_->deadline() != never)
    made->deadline_.set(made->time_, asio::any_io_executor(executor(made->scope_)), made->scope_->deadline(),
                        [weak = std::weak_ptr(made)] {
                          if (const auto self = weak.lock())
                            self->end_by(errc::deadline_exceeded);
                        });
  return made;
}

shared_reply::shared_reply(key, std::unique_ptr<flight::reader> from, std::shared_ptr<scope> in,
                           std::shared_ptr<weir::attempt> record, bool own_record)
    : of_(from->share()), reader_(std::move(from)), scope_(std::move(in)), record_(std::move(record)),
      own_record_(own_record), time_(time_of(scope_->inner())), begun_(time_.now()) {}

asio::awaitable<std::optional<event>> shared_reply::next() {
  const auto self = shared_from_this();
  const bool more = co_await ready();
  if (!more)
    co_return std::nullopt;
  event e = *reader_->peek();
  reader_->take();
  if (own_record_)
    ++record_->events;
  if (e.is_token()) {
    if (own_record_ && record_->first_token == duration())
      record_->first_token = std::max(duration(1), time_.now() - begun_);
    if (std::exchange(has_token_, true))
      tell_token(time_.now());
    else
      tell_first_token();
  }
  co_return e;
}

asio::awaitable<bool> shared_reply::ready() {
  const auto self = shared_from_this();
  const one_reader here(reading_);
  while (!ended_) {
    if (reader_->peek())
      co_return true;
    if (reader_->cut_off()) {
      finish(weir::outcome::truncated,
             weir::failure(errc::truncated, "this reader of a shared call fell too far behind the others: what it has "
                                            "not read is gone (cache_settings::max_entry_bytes)"));
      break;
    }
    if (of_->ended()) {
      finish(of_->outcome(), of_->failure());
      break;
    }
    std::exception_ptr failed;
    try {
      co_await reader_->changes().wait();
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed)
      end_by(errc::cancelled);
  }
  if (failure_ && outcome_ != weir::outcome::filtered)
    throw error(failure_);
  co_return false;
}

void shared_reply::end_by(errc reason) noexcept {
  if (ended_)
    return;
  if (at_end())
    return finish(of_->outcome(), copy_of(of_->failure()));
  auto why = failure_by(reason, {reason == errc::deadline_exceeded ? "the deadline was reached" : "cancelled",
                                 " before the answer was complete"});
  const auto how = outcome_of(why);
  finish(how, std::move(why));
}

weir::outcome shared_reply::outcome() const noexcept {
  return ended_ ? outcome_ : at_end() ? of_->outcome() : weir::outcome::truncated;
}

void shared_reply::on_cancel(errc reason) noexcept {
  const auto self = weak_from_this().lock(); // a listener may let go of the last reply
  end_by(reason);
}

void shared_reply::finish(weir::outcome o, weir::failure f) noexcept {
  ended_ = true;
  outcome_ = o;
  failure_ = std::move(f);
  if (own_record_) {
    record_->failure = copy_of(failure_);
    record_->ended = time_.now() - begun_;
  }
  unlink();
  deadline_.cancel();
  // Whoever waits shares this, and finds it ended.
  reader_->changes().ring();
  reader_->leave();
  tell_end();
}

} // namespace weir::inline v0
