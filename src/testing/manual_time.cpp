// The clock of simulated time, and run(), declared in weir/testing.hpp.
#include <boost/asio/error.hpp>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include "testing/parked.hpp"
#include <weir/testing.hpp>

namespace weir::inline v0::testing {

namespace asio = boost::asio;

// A service, so that the context's shutdown destroys the waits while the other services,
// which their frames may use, still exist.
class manual_time::queue : public asio::execution_context::service {
public:
  using key_type = queue;
  static inline asio::execution_context::id id;
  using place = std::pair<time_point, std::uint64_t>;

  explicit queue(asio::execution_context& context) : asio::execution_context::service(context) {}

  void add(time_point when, parked wait) {
    const place at{when, ++started};
    auto slot = wait.slot();
    waits.emplace(at, std::move(wait));
    if (slot.is_connected())
      slot.assign([this, at](asio::cancellation_type type) {
        if (type != asio::cancellation_type::none)
          end(at, asio::error::operation_aborted);
      });
  }

  void end(place at, error_code ec) {
    auto found = waits.extract(at);
    if (!found.empty())
      found.mapped().complete(ec);
  }

  std::map<place, parked> waits;
  std::uint64_t started = 0;
  time_point now{std::chrono::hours(1)};

private:
  void shutdown() override { const auto dropped = std::exchange(waits, {}); }
};

manual_time& manual_time::install(asio::io_context& context) {
  auto& q = asio::use_service<queue>(context);
  std::unique_ptr<manual_time> source(new manual_time(q));
  auto& installed = *source;
  set_time(context, std::move(source));
  return installed;
}

manual_time& manual_time::of(asio::io_context& context) {
  if (auto* found = dynamic_cast<manual_time*>(&time_of(static_cast<asio::execution_context&>(context))))
    return *found;
  throw std::logic_error("the context has no manual time: call manual_time::install() first");
}

manual_time::~manual_time() = default;

time_point manual_time::now() const noexcept { return queue_->now; }

std::chrono::system_clock::time_point manual_time::wall() const noexcept {
  constexpr std::chrono::sys_days start = std::chrono::year(2026) / 1 / 1;
  return start + std::chrono::duration_cast<std::chrono::system_clock::duration>(queue_->now -
                                                                                 time_point(std::chrono::hours(1)));
}

void manual_time::async_wait(asio::any_io_executor executor, time_point when, wait_handler handler) {
  parked wait(executor, std::move(handler));
  if (when <= queue_->now)
    wait.complete({});
  else
    queue_->add(when, std::move(wait));
}

time_point manual_time::next() const noexcept {
  return queue_->waits.empty() ? never : queue_->waits.begin()->first.first;
}

std::size_t manual_time::waits() const noexcept { return queue_->waits.size(); }

void manual_time::advance_to(time_point when) {
  while (!queue_->waits.empty() && queue_->waits.begin()->first.first <= when) {
    const auto at = queue_->waits.begin()->first;
    queue_->now = std::max(queue_->now, at.first);
    queue_->end(at, {});
  }
  queue_->now = std::max(queue_->now, when);
}

bool run(asio::io_context& context, duration limit) {
  auto& time = manual_time::of(context);
  const auto end = after(time.now(), limit);
  context.restart();
  for (;;) {
    context.poll();
    // poll() stops the context when no work is left; with waits left it was stopped by a handler.
    if (context.stopped())
      return time.waits() == 0;
    const auto next = time.next();
    if (next > end || next == never) {
      if (end != never)
        time.advance_to(end);
      return false;
    }
    time.advance_to(next);
  }
}

} // namespace weir::inline v0::testing
