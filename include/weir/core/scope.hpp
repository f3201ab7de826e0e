// The tree of scopes: what the executor knows about the work that runs on it.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>

#include <weir/core/backoff.hpp>
#include <weir/core/error.hpp>
#include <weir/core/time.hpp>

WEIR_BEGIN_NAMESPACE

class executor;
class scope;

/// Who waits for the result of some work: a person, or a job. Carried by the scope, so that
/// everything below it has it; limits serve interactive work first.
enum class priority : unsigned char { interactive, batch };

/// Something that ends when its scope is cancelled. Links itself into a scope and
/// unlinks when destroyed.
class cancel_hook {
public:
  cancel_hook() = default;
  cancel_hook(const cancel_hook&) = delete;
  cancel_hook& operator=(const cancel_hook&) = delete;

protected:
  ~cancel_hook() { unlink(); }
  void unlink() noexcept;
  /// Called once, on the scope's strand. May unlink or destroy any hook, this one too.
  virtual void on_cancel(errc reason) noexcept = 0;

private:
  friend class scope;
  scope* owner_ = nullptr;
  cancel_hook* next_ = nullptr;
  cancel_hook* prev_ = nullptr;
};

/// A node of the tree of work: a deadline, a backoff and a cancellation that reaches
/// everything below it. Found through the executor: `asio::query(ex, current_scope)`.
///
/// The executor informs, the scope enforces: cancel() cancels every operation that runs
/// in the scope or below; `within()` cancels its scope when the deadline is reached.
///
/// Object lifetimes: held by the executors of the work in it; a child holds its parent.
/// Thread safety: reading deadline(), retry_backoff() and inner() is safe; everything
/// else belongs to the strand that the scope's work runs on.
class scope final : public std::enable_shared_from_this<scope>, private cancel_hook {
public:
  /// A scope without deadline over a plain executor. The executor must run one handler
  /// at a time: a single-threaded context, or a strand.
  static std::shared_ptr<scope> root(boost::asio::any_io_executor inner);

  /// A scope below this one. The deadline can only narrow.
  std::shared_ptr<scope> child(time_point deadline = never);
  std::shared_ptr<scope> child(time_point deadline, const backoff& b);
  std::shared_ptr<scope> child(time_point deadline, weir::priority p);
  /// A scope with a deadline of its own that the cancellation of this one does not
  /// reach: for shield().
  std::shared_ptr<scope> shielded(time_point deadline);

  time_point deadline() const noexcept { return deadline_; }
  const backoff& retry_backoff() const noexcept { return backoff_; }
  weir::priority priority() const noexcept { return priority_; }
  const boost::asio::any_io_executor& inner() const noexcept { return inner_->possibly; }

  /// Cancels everything in the scope and below. The first reason is kept.
  void cancel(errc reason = errc::cancelled) noexcept;
  bool cancelled() const noexcept { return reason_ != errc{}; }
  /// Why the scope was cancelled; errc{} if it was not.
  errc reason() const noexcept { return reason_; }

  /// Registers a hook; called at once if the scope is cancelled already.
  void attach(cancel_hook& hook) noexcept;

  /// How many scopes exist in the process: for leak checks in tests.
  static std::size_t live() noexcept;

  ~scope();

private:
  friend class executor;
  friend class cancel_hook;
  // The four ways to submit to the plain executor, made once for the whole tree.
  struct submitters {
    explicit submitters(boost::asio::any_io_executor ex);
    const boost::asio::any_io_executor& get(bool never, bool continuation) const noexcept {
      return never ? (continuation ? never_continuation : never_fork) : possibly;
    }
    boost::asio::any_io_executor possibly, never_fork, never_continuation;
  };
  // Holds outstanding work on the plain executor while any tracked copy lives.
  struct work_guard {
    std::shared_ptr<scope> owner;
    boost::asio::any_io_executor work;
  };

  scope(std::shared_ptr<const submitters> inner, std::shared_ptr<scope> parent, time_point deadline, const backoff& b);
  std::shared_ptr<scope> tracked();
  void on_cancel(errc reason) noexcept override { cancel(reason); }

  std::shared_ptr<const submitters> inner_;
  std::shared_ptr<scope> parent_;
  std::weak_ptr<work_guard> guard_;
  cancel_hook* hooks_ = nullptr;
  time_point deadline_;
  backoff backoff_;
  weir::priority priority_ = weir::priority::interactive;
  errc reason_{};
};

WEIR_END_NAMESPACE
