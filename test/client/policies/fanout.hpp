// What a crowd of calls meets with at a target that fails now and then, in simulated time.
#pragma once

#include <cstddef>
#include <functional>

#include <weir/client/options.hpp>

#include "policy/fake_answers.hpp"

namespace weir::test {

class fanout {
public:
  fanout() = default;
  std::size_t calls = 1000, at_once = 100;
  duration deadline = std::chrono::minutes(10);
  /// How the try `number` (from 1) of the call `index` goes.
  std::function<way(std::size_t index, std::size_t number)> how;

  /// Told the time before each try; may be empty.
  std::function<void(time_point)> now;
  duration at{}; ///< For whoever keeps it there.

  std::size_t answered = 0, requests = 0;
  duration took{};

  /// Through all of weir's own layers.
  void play(const options& o);
};

/// The same for every way of playing: whether a try is one of the share that fails.
bool fails(double share, std::size_t index, std::size_t number) noexcept;

} // namespace weir::test
