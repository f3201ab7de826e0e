// A target in simulated time whose answers take known times: a client of it is measured without a network.
#pragma once

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <weir/client/client.hpp>
#include <weir/core/time.hpp>

namespace weir::test {

/// What the target does with a call.
class service {
public:
  service() = default;
  duration first{}, gap{}; ///< Since it arrived; between tokens.
  std::uint64_t tokens = 10;
  int status = 200; ///< 429: refused at once.
  /// Tokens a second that all calls in flight share evenly, as those of weir sim --token-rate; 0: no limit.
  double shared_per_s = 0;
};

/// An answer.
inline service taking(duration first, duration gap = std::chrono::milliseconds(10), std::uint64_t tokens = 10) {
  service s;
  s.first = first;
  s.gap = gap;
  s.tokens = tokens;
  return s;
}

/// Decides by the time of arrival, since the beginning, and the calls that are being served.
using behaviour = std::function<service(duration arrived, std::uint64_t in_flight)>;

class simulated_target {
public:
  explicit simulated_target(boost::asio::io_context& io, behaviour how);
  client& by() noexcept { return client_; }
  /// What its calls were told to take, in the order of their arrival.
  const std::vector<service>& served() const noexcept;
  std::uint64_t most_in_flight() const noexcept;
  std::uint64_t in_flight() const noexcept;

private:
  class state;
  std::shared_ptr<state> state_;
  client client_;
};

} // namespace weir::test
