#include "policy/alternatives/continuation.hpp"

#include <utility>

#include <weir/core/within.hpp>

#include "core/failure/failure_of.hpp"
#include "task/usage_sum.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

// Notifies the completed reply's listeners as soon as a part ends that nothing can follow, even if nobody is reading.
class continued_source::watcher final : public reply::listener {
public:
  explicit watcher(std::weak_ptr<continued_source> whole) : whole_(std::move(whole)) {}
  void ended(const reply::source& s) noexcept override {
    if (const auto whole = whole_.lock(); whole && whole->current_.get() == &s)
      whole->part_ended();
  }

private:
  std::weak_ptr<continued_source> whole_;
};

void continued_source::watch() { current_->attach(std::make_unique<watcher>(weak_from_this())); }

void continued_source::part_ended() noexcept {
  // Text that has arrived may not have been read yet, so whether there was any is checked later.
  if (!could_go_on())
    finish();
}

bool continued_source::may_go_on() const noexcept { return !so_far_.empty() && could_go_on(); }

bool continued_source::could_go_on() const noexcept {
  if (ended_ || given_up_ || budget_ == 0 || next_target_ == targets_.size())
    return false;
  if (!text_only_ || finished_ || so_far_.size() > max_text)
    return false;
  const auto& why = current_->failure();
  if (!why)
    return false;
  switch (current_->outcome()) {
  case weir::outcome::truncated:
  case weir::outcome::stalled: return !(why.code() == condition::refused);
  case weir::outcome::in_band_error:
    return why.code() == condition::truncated || why.code() == condition::transient ||
           why.code() == condition::throttled;
  default: return false;
  }
}

const weir::usage& continued_source::usage() const noexcept {
  usage_ = sum(before_, current_->usage());
  return usage_;
}

void continued_source::note(event& e) {
  switch (e.type()) {
  case event::kind::text:
    text_only_ = text_only_ && e.choice() == 0;
    if (so_far_.size() <= max_text)
      so_far_ += e.content();
    break;
  case event::kind::reasoning:
  case event::kind::reasoning_block:
  case event::kind::refusal:
  case event::kind::tool_call:
  case event::kind::media: text_only_ = false; break;
  case event::kind::finish: finished_ = true; break;
  case event::kind::usage:
    if (!before_.empty()) {
      auto more = std::make_shared<event::details>(*e.more());
      more->usage = usage();
      e = event(event::kind::usage, std::string(), e.choice(), std::move(more));
    }
    break;
  case event::kind::continued:
  case event::kind::progress:
  case event::kind::raw: break;
  }
  if (e.is_token())
    tell_first_token();
}

asio::awaitable<std::optional<event>> continued_source::next() {
  const auto self = shared_from_this();
  for (;;) {
    if (boundary_) {
      std::optional<event> e = std::move(boundary_);
      boundary_.reset();
      co_return e;
    }
    if (stopped_)
      throw error(stopped_);
    const auto part = current_;
    std::optional<event> e;
    std::exception_ptr failed;
    try {
      e = co_await part->next();
    } catch (...) {
      failed = std::current_exception();
    }
    if (!failed) {
      if (e)
        note(*e);
      else
        finish();
      co_return e;
    }
    co_await go_on_after(failed);
  }
}

asio::awaitable<bool> continued_source::ready() {
  const auto self = shared_from_this();
  for (;;) {
    if (boundary_)
      co_return true;
    if (stopped_)
      throw error(stopped_);
    const auto part = current_;
    bool more = false;
    std::exception_ptr failed;
    try {
      more = co_await part->ready();
    } catch (...) {
      failed = std::current_exception();
    }
    if (!failed) {
      if (!more)
        finish();
      co_return more;
    }
    co_await go_on_after(failed);
  }
}

asio::awaitable<void> continued_source::go_on_after(std::exception_ptr failed) {
  const bool goes_on = co_await resume();
  if (goes_on)
    co_return;
  if (current_->failure())
    finish();
  if (stopped_)
    throw error(stopped_);
  std::rethrow_exception(failed);
}

asio::awaitable<reply> ask_for_start(handler_ptr inner, std::shared_ptr<call> c) {
  auto r = co_await (*inner)(*c);
  if (c->streamed)
    co_await r.ready();
  co_return r;
}

asio::awaitable<bool> continued_source::resume() {
  const auto self = shared_from_this();
  if (!may_go_on())
    co_return false;
  while (next_target_ != targets_.size()) {
    const auto& to = targets_[next_target_++];
    auto ask = call_.op->continued(so_far_, to);
    if (!ask)
      continue;
    const auto c = std::make_shared<call>(call_);
    c->op = std::move(ask);
    c->to = to;
    c->attempt.reset();
    c->continuation = true;
    opening_ = c->reply_scope->child();
    std::optional<reply> opened;
    error_code why;
    std::exception_ptr unknown;
    auto opening =
        detail::run_in<reply>(opening_, ask_for_start(inner_, c), c->reply_scope->deadline() != never, false);
    try {
      opened.emplace(co_await std::move(opening));
    } catch (const boost::system::system_error& e) {
      why = e.code();
    } catch (...) {
      unknown = std::current_exception();
    }
    const auto reason = opening_->reason();
    opening_.reset();
    if (unknown) {
      stop(errc::cancelled);
      std::rethrow_exception(unknown);
    }
    if (stopped_)
      co_return false;
    if (opened) {
      before_ = usage();
      current_ = opened->release();
      --budget_;
      boundary_.emplace(event::kind::continued, c->to.text());
      watch();
      co_return true;
    }
    if (reason != errc{} || why == errc::cancelled || why == asio::error::operation_aborted) {
      stop(reason == errc::deadline_exceeded ? reason : errc::cancelled);
      co_return false;
    }
  }
  given_up_ = true;
  co_return false;
}

void continued_source::stop(errc reason) noexcept {
  if (ended_)
    return;
  stopped_outcome_ = reason == errc::deadline_exceeded ? weir::outcome::deadline : weir::outcome::cancelled;
  stopped_ = failure_by(reason, {reason == errc::deadline_exceeded
                                     ? "the deadline was reached while an interrupted answer was being resumed"
                                     : "cancelled while an interrupted answer was being resumed"});
  finish();
}

void continued_source::end_by(errc reason) noexcept {
  if (ended_)
    return;
  if (opening_) {
    const auto in = opening_;
    stop(reason);
    in->cancel(reason);
    return;
  }
  if (current_->failure()) {
    // Broken off, and no more is read: it stays as it is.
    finish();
    return;
  }
  const auto part = current_;
  part->end_by(reason);
  finish();
}

void continued_source::finish() noexcept {
  if (std::exchange(ended_, true))
    return;
  tell_end();
}

} // namespace weir::inline v0
