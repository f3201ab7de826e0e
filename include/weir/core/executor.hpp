// The executor that carries a scope: deadline, backoff and cancellation.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>

#include <concepts>
#include <memory>
#include <utility>

#include <weir/core/scope.hpp>

WEIR_BEGIN_NAMESPACE

/// The point in time by which an executor's work must have ended. A property: `asio::query(ex, weir::deadline())`,
/// `asio::require(ex, weir::deadline(t))`, where requiring makes a child scope and can only narrow.
class deadline {
public:
  template <class T>
  static constexpr bool is_applicable_property_v = true;
  static constexpr bool is_requirable = true;
  static constexpr bool is_preferable = true;
  using polymorphic_query_result_type = deadline;

  constexpr explicit deadline(time_point at = never) noexcept : at_(at) {}
  constexpr time_point at() const noexcept { return at_; }
  friend constexpr bool operator==(const deadline&, const deadline&) = default;

private:
  time_point at_;
};

/// The scope that an executor's work runs in. A property that can be queried:
/// `asio::query(ex, weir::current_scope)`.
struct current_scope_t {
  template <class T>
  static constexpr bool is_applicable_property_v = true;
  static constexpr bool is_requirable = false;
  static constexpr bool is_preferable = false;
  using polymorphic_query_result_type = std::shared_ptr<scope>;
};
inline constexpr current_scope_t current_scope{};

/// An Asio executor that submits to a plain one and knows its scope. It fits into any_io_executor without allocation;
/// `any_io_executor::target<weir::executor>()` recovers it.
///
/// execute() never drops work: a cancelled scope cancels operations, their handlers still run.
/// With several threads, build it around a strand; never build a strand around it.
/// Thread safety: safe, as far as submitting to the plain executor is.
class executor {
public:
  /// A root scope over a plain executor (or the scope of a weir executor).
  // A template, so that asking whether this class is an executor does not ask whether it
  // converts to one.
  template <std::same_as<boost::asio::any_io_executor> Any>
  explicit executor(const Any& ex) : scope_(from(ex)) {}
  explicit executor(std::shared_ptr<scope> s) noexcept : scope_(std::move(s)) {}

  template <class F>
  void execute(F&& f) const {
    scope_->inner_->get(never_, continuation_).execute(std::forward<F>(f));
  }

  const std::shared_ptr<scope>& scope_ptr() const noexcept { return scope_; }
  boost::asio::execution_context& context() const noexcept;

  deadline query(deadline) const noexcept { return deadline(scope_->deadline()); }
  backoff query(backoff) const noexcept { return scope_->retry_backoff(); }
  std::shared_ptr<scope> query(current_scope_t) const noexcept { return scope_; }
  executor require(deadline d) const { return with(scope_->child(d.at())); }
  executor require(backoff b) const { return with(scope_->child(never, b)); }

  boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept { return context(); }
  boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) const noexcept {
    return never_ ? boost::asio::execution::blocking_t(boost::asio::execution::blocking.never)
                  : boost::asio::execution::blocking_t(boost::asio::execution::blocking.possibly);
  }
  boost::asio::execution::relationship_t query(boost::asio::execution::relationship_t) const noexcept {
    return continuation_ ? boost::asio::execution::relationship_t(boost::asio::execution::relationship.continuation)
                         : boost::asio::execution::relationship_t(boost::asio::execution::relationship.fork);
  }
  boost::asio::execution::outstanding_work_t query(boost::asio::execution::outstanding_work_t) const noexcept {
    return tracked_ ? boost::asio::execution::outstanding_work_t(boost::asio::execution::outstanding_work.tracked)
                    : boost::asio::execution::outstanding_work_t(boost::asio::execution::outstanding_work.untracked);
  }

  executor require(boost::asio::execution::blocking_t::never_t) const { return flagged(true, continuation_); }
  executor require(boost::asio::execution::blocking_t::possibly_t) const { return flagged(false, continuation_); }
  executor require(boost::asio::execution::relationship_t::fork_t) const { return flagged(never_, false); }
  executor require(boost::asio::execution::relationship_t::continuation_t) const { return flagged(never_, true); }
  executor require(boost::asio::execution::outstanding_work_t::tracked_t) const;
  executor require(boost::asio::execution::outstanding_work_t::untracked_t) const;

  friend bool operator==(const executor& a, const executor& b) noexcept {
    return a.scope_.get() == b.scope_.get() && a.never_ == b.never_ && a.continuation_ == b.continuation_ &&
           a.tracked_ == b.tracked_;
  }
  friend bool operator!=(const executor& a, const executor& b) noexcept { return !(a == b); }

private:
  static std::shared_ptr<scope> from(const boost::asio::any_io_executor& ex);
  executor with(std::shared_ptr<scope> s) const;
  executor flagged(bool never, bool continuation) const {
    executor other(*this);
    other.never_ = never;
    other.continuation_ = continuation;
    return other;
  }

  // A tracked copy's pointer aliases the scope and owns a work_guard.
  std::shared_ptr<scope> scope_;
  bool never_ = false;
  bool continuation_ = false;
  bool tracked_ = false;
};

static_assert(sizeof(executor) <= 3 * sizeof(void*), "must fit any_io_executor's inline storage");

/// The scope of an executor: a weir executor's own, or a new root scope.
std::shared_ptr<scope> scope_of(const boost::asio::any_io_executor& ex);

WEIR_END_NAMESPACE
