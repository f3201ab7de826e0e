// Characters whose two halves a server sent in two events, or of which it sent only one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <weir/task/event.hpp>

namespace weir::provider {

/// Makes valid text of events that were read from mended JSON (codec::parse_answer): a half at the end of a piece
/// waits for the next piece of the same text; every other one becomes U+FFFD.
class pair_joiner {
public:
  /// Looks at the events from `first` on.
  void mend(std::vector<event>& out, std::size_t first);
  /// Gives what waits: nothing more comes.
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

} // namespace weir::provider
