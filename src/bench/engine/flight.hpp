// One call of a benchmark, and its times.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>

#include <weir/batch/item.hpp>
#include <weir/client/client.hpp>
#include <weir/core/time.hpp>

#include "bench/measure/sample.hpp"

namespace weir::inline v0::bench_engine {

/// What a call came to.
class landing {
public:
  landing() = default;
  measure::sample times;
  weir::failure failure;
  weir::usage usage;
  answer_info info;
  std::string text;                 ///< Of the answer, if it was wanted.
  std::string provider, model, url; ///< Of the last attempt, if any got so far.
  rate_limit_status limits;
  bool connected = false; ///< It opened a connection.
  bool by_plan = false;   ///< Cancelled as the plan wanted it.
  duration own_delay{};   ///< From meant to sent, without connecting.
};

/// How a call is made.
class flight {
public:
  flight() = default;
  time_point origin{}; ///< What the times count from.
  duration meant{};    ///< When it was to start.
  bool streamed = true;
  bool wants_text = false;              ///< The answer's text: for the next turn.
  std::optional<duration> cancel_after; ///< Since it was begun.
  /// Is set once the first content is there.
  std::shared_ptr<bool> content;
};

/// Makes the call. A failure is part of what it came to.
/// Lifetimes: `by` must outlive the wait. Cancellation: terminal; the outcome is then cancelled.
boost::asio::awaitable<landing> fly(client& by, batch_item::request_type request, flight how);

} // namespace weir::inline v0::bench_engine
