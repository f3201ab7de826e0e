// What an otlp_exporter has to send.
#pragma once

#include <weir/core/random.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <weir/client/otlp.hpp>

#include "client/otlp/otlp_json.hpp"
#include "client/post/json_poster.hpp"
#include "policy/observe/call_metrics.hpp"

namespace weir::inline v0 {

/// The queue of ended calls, and the metrics.
/// Thread safety: safe; next() and ended() are the poster's thread's.
class otlp_source final : public post_source {
public:
  static constexpr std::size_t batch = 512; ///< Spans of one request.

  otlp_source(const otlp& settings, std::string base);

  /// \returns whether a batch is full and nobody has been told yet: wake the poster.
  bool record(const call_record& call) noexcept;
  call_metrics& metrics() noexcept { return metrics_; }
  otlp_stats stats() const;
  /// From now on nothing is taken, and no source of gauges is called: waits for one that is running, and forgets them.
  void close() noexcept;

  std::optional<json_post> next(bool due) noexcept override;
  void ended(const json_post& p, const post_result& r) noexcept override;
  void flush() noexcept override;

private:
  std::vector<ended_call> take_calls(std::uint64_t& spans);
  std::optional<json_post> next_spans();
  std::optional<json_post> next_metrics();

  const bool traces_, sends_metrics_;
  const std::size_t max_waiting_;
  const std::string traces_path_, metrics_path_;
  otlp_resource resource_;
  const std::chrono::system_clock::time_point since_ = std::chrono::system_clock::now();
  random_source random_;
  call_metrics metrics_;

  std::mutex reading_; // the metrics; before the other one
  mutable std::mutex mutex_;
  std::deque<ended_call> calls_;
  bool spans_due_ = false, metrics_due_ = false, told_ = false, closed_ = false;
  otlp_stats stats_;
};

} // namespace weir::inline v0
