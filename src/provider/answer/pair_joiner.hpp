// Surrogate pairs that a server split over two events, or of which it sent only one half.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <weir/task/event.hpp>

namespace weir::inline v0::provider {

/// Makes valid text of events that were read from repaired JSON (codec::parse_answer): a high surrogate at the end of a
/// piece waits for the next piece of the same text; every other lone one becomes U+FFFD.
class pair_joiner {
public:
  /// Processes the events from `first` on.
  void mend(std::vector<event>& out, std::size_t first);
  /// Emits what is pending: nothing more follows.
  void end(std::vector<event>& out);

private:
  class half {
  public:
    half() = default;
    event::kind kind = event::kind::text;
    std::uint32_t choice = 0;
    std::uint32_t call = 0;
    std::string bytes;
  };

  event joined(const event& e);
  static event lone(const half& h);

  std::vector<half> halves_;
};

} // namespace weir::inline v0::provider
