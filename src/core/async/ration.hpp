// How a loop over what a peer sends lets others run.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>

namespace weir::inline v0 {

/// With a peer that sends faster than the client reads, every read succeeds: nothing is waited for, and timers,
/// cancellation and other tasks starve. So the consumer yields once every so many bytes.
class ration {
public:
  static constexpr std::uint64_t size = 32u << 10;

  ration() = default;
  /// Whether it is time to yield, with `moved` bytes transferred in all; a new ration then begins.
  bool used_up(std::uint64_t moved) noexcept {
    if (moved - since_ < size)
      return false;
    since_ = moved;
    return true;
  }
  /// A wait, too, begins a new ration.
  void renew(std::uint64_t moved) noexcept { since_ = moved; }

private:
  std::uint64_t since_ = 0;
};

/// One trip through the executor: what is ready runs first. A cancellation among it is thrown by the next wait.
boost::asio::awaitable<void> give_way();

} // namespace weir::inline v0
