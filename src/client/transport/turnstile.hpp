// How a burst of calls lets the first of them go on.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <list>
#include <memory>

#include <weir/core/time.hpp>

#include "net/wait.hpp"

namespace weir::inline v0 {

/// Preparing a call takes a few microseconds. Where thousands begin at once, the first connections would be neither
/// read nor written until the last call is prepared: so after `per_turn` calls within `span` the others wait, in order,
/// and each turn of the event loop lets in as many more.
/// Object lifetimes: shared by those who wait. Thread safety: none; one strand.
class turnstile : public std::enable_shared_from_this<turnstile> {
public:
  static constexpr std::size_t per_turn = 32;
  static constexpr duration span = std::chrono::milliseconds(1);

  turnstile() = default;
  turnstile(const turnstile&) = delete;
  turnstile& operator=(const turnstile&) = delete;

  /// A call begins. True: wait() first.
  bool is_crowded(time_point now) noexcept {
    if (!waiting_.empty())
      return true;
    if (now - since_ >= span) {
      since_ = now;
      passed_ = 0;
    }
    return ++passed_ > per_turn;
  }
  /// Waits for its turn: as long as it takes to prepare the calls before it.
  /// Cancellation: terminal; throws operation_aborted.
  static boost::asio::awaitable<void> wait(std::shared_ptr<turnstile> self);

private:
  class place;
  using queue = std::list<place*>;

  void begin_turn(const boost::asio::any_io_executor& ex);
  void turn(const boost::asio::any_io_executor& ex) noexcept;
  void let_in() noexcept;

  queue waiting_;
  time_point since_{};
  std::size_t passed_ = 0;
  bool turning_ = false;
};

} // namespace weir::inline v0
