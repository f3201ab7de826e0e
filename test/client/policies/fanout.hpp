// Many concurrent calls at a target that fails now and then, in simulated time.
#pragma once

#include <cstddef>
#include <functional>

#include <weir/client/options.hpp>

#include "policy/fake_answers.hpp"

namespace weir::inline v0::test {

class fanout {
public:
  fanout() = default;
  std::size_t calls = 1000, at_once = 100;
  duration deadline = std::chrono::minutes(10);
  /// The outcome of attempt `number` (from 1) of call `index`.
  std::function<way(std::size_t index, std::size_t number)> how;

  /// Called with the time before each attempt; may be empty.
  std::function<void(time_point)> now;
  duration at{}; ///< For the caller's own use.

  std::size_t answered = 0, requests = 0;
  duration took{};

  /// Through all of weir's own layers.
  void play(const options& o);
};

/// Whether an attempt is one of the share that fails; the same for every way of playing.
bool fails(double share, std::size_t index, std::size_t number) noexcept;

} // namespace weir::inline v0::test
