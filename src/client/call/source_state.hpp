// What every unfinished reply of the client has: its attempt's record, its state, and one way to end.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <weir/core/scope.hpp>
#include <weir/core/time.hpp>
#include <weir/task/reply.hpp>

namespace weir::inline v0 {

/// The part that sources of replies share. A source ends itself with conclude(), once, lets go of what it holds, and
/// calls tell_end() last: a listener may drop the last reference to it.
/// Thread safety: none; the client's strand.
class source_state : public reply::source, public std::enable_shared_from_this<source_state>, private cancel_hook {
public:
  weir::outcome outcome() const noexcept override { return outcome_; }
  const weir::failure& failure() const noexcept override { return failure_; }
  const weir::usage& usage() const noexcept override { return usage_; }
  const std::string& finish_reason() const noexcept override { return finish_reason_; }
  const answer_info& info() const noexcept override { return info_; }
  const weir::attempt& attempt() const noexcept override { return *record_; }

protected:
  /// `in`: the scope whose end is the reply's. `begin`: the instant that the record's times count from.
  source_state(std::shared_ptr<scope> in, std::shared_ptr<weir::attempt> record, time_point begin);

  /// From now on the end of the scope ends the reply.
  void follow_scope() { scope_->attach(*this); }
  /// The reply has ended: what it and its record say is final.
  void conclude(weir::outcome o, weir::failure f) noexcept;
  /// For a reader that finds the reply ended. \throws weir::error for one that failed.
  void throw_if_failed() const;

  const std::shared_ptr<scope> scope_;
  const std::shared_ptr<weir::attempt> record_;
  const time_point begin_;
  bool reading_ = false; // next() or ready() is awaited
  bool ended_ = false;
  weir::outcome outcome_ = weir::outcome::truncated;
  weir::failure failure_;
  weir::usage usage_;
  std::string finish_reason_;
  answer_info info_;

private:
  void on_cancel(errc reason) noexcept override {
    const auto self = weak_from_this().lock(); // a listener may let go of the last reply
    end_by(reason);
  }
};

} // namespace weir::inline v0
