// Sends traces and metrics of calls to an OpenTelemetry collector.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>
#include <weir/policy/observe/metrics.hpp>
#include <weir/policy/observe/observe.hpp>
#include <weir/policy/observe/spending.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// The settings of an otlp_exporter.
///
///     weir::otlp().endpoint("https://collector.example:4318").header("authorization", "Bearer …").service_name("api")
class otlp {
public:
  otlp() = default;

  /// From OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS, OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, as
  /// OpenTelemetry's specification defines them; what is not set keeps its default. `get` reads a variable; the default
  /// is the process's environment.
  /// \throws weir::error errc::invalid_configuration naming the variable, never its value.
  static otlp from_environment(const std::function<const char*(const char*)>& get = {});

  /// The collector's URL, to which `/v1/traces` and `/v1/metrics` are added. https, or http if it says so. Empty, the
  /// default: `http://localhost:4318`.
  WEIR_FIELD(otlp, std::string, endpoint)
  /// A header of every request. One of them may be a key (`authorization`, `api-key`): it is never shown, and goes to
  /// the endpoint only, over TLS or to this machine.
  otlp&& header(std::string name, std::string value) && { return std::move(header(std::move(name), std::move(value))); }
  otlp& header(std::string name, std::string value) & {
    headers_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  const std::vector<std::pair<std::string, std::string>>& headers() const noexcept { return headers_; }

  /// What the spans and metrics are of: `service.name`. Default: `unknown_service`.
  WEIR_FIELD(otlp, std::string, service_name)
  /// A further attribute of the resource, such as `deployment.environment.name`.
  otlp&& attribute(std::string name, std::string value) && {
    return std::move(attribute(std::move(name), std::move(value)));
  }
  otlp& attribute(std::string name, std::string value) & {
    attributes_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  const std::vector<std::pair<std::string, std::string>>& attributes() const noexcept { return attributes_; }

  /// Whether spans, and metrics, are sent. Default: both.
  WEIR_VALUE(otlp, bool, traces)
  WEIR_VALUE(otlp, bool, metrics)
  /// How often. Spans are sent earlier once there are 512 of them. Default: 10 s.
  WEIR_VALUE(otlp, duration, interval)
  /// Of one request to the collector, which is tried four times. Default: 10 s.
  WEIR_VALUE(otlp, duration, deadline)
  /// How long the destructor may take to send what is left. Default: 2 s.
  WEIR_VALUE(otlp, duration, grace)
  /// Spans that may wait to be sent; those of further calls are dropped, and counted. Default: 4096.
  WEIR_VALUE(otlp, std::size_t, max_waiting_spans)
  /// See metrics. Default: 500.
  WEIR_VALUE(otlp, std::size_t, max_label_sets)

  /// As options::proxy() and options::ca_file().
  WEIR_FIELD(otlp, std::string, proxy)
  WEIR_FIELD(otlp, std::string, ca_file)

private:
  std::string endpoint_, service_name_, proxy_, ca_file_;
  std::vector<std::pair<std::string, std::string>> headers_, attributes_;
  bool traces_ = true, metrics_ = true;
  duration interval_ = std::chrono::seconds(10);
  duration deadline_ = std::chrono::seconds(10);
  duration grace_ = std::chrono::seconds(2);
  std::size_t max_waiting_spans_ = 4096;
  std::size_t max_label_sets_ = 500;
};

/// What became of what an exporter was told.
struct otlp_stats {
  otlp_stats() = default;
  std::uint64_t spans_sent = 0;     ///< Accepted by the collector.
  std::uint64_t spans_rejected = 0; ///< Received, but not accepted: a partial success.
  std::uint64_t spans_dropped = 0;  ///< Lost: too many were waiting, or they could not be delivered.
  std::uint64_t spans_waiting = 0;  ///< Not yet sent.
  std::uint64_t metrics_sent = 0;   ///< Requests with all metrics.
  std::uint64_t metrics_failed = 0; ///< Requests that could not be delivered; the next one has everything in it.
  std::string last_error;           ///< Why the last request that failed did; weir's own words.
};

/// An observer that sends a trace of every call, and metrics, by OTLP over HTTP in JSON.
///
///     auto otlp = weir::otlp_exporter::make(weir::otlp().endpoint("http://127.0.0.1:4318").service_name("api"));
///     weir::client client(weir::from_environment().observe(otlp));
///
/// A call is a span of kind CLIENT with the name span_name() and attributes(call), and each of its attempts a span
/// below it. Tags of a call become attributes `weir.tag.NAME`, but for `traceparent` (W3C Trace Context): the call's
/// span joins that trace, and is not sent if it says that the trace is not sampled. Prompts and answers are never sent.
/// The metrics are those of weir::metrics under OpenTelemetry's names, cumulative since the exporter was made.
///
/// Calls never wait for the collector: what is to be sent waits in a queue, for a thread of the exporter's own. A
/// collector that hangs, fails or is absent costs spans, which are counted. 408, 429, 502, 503 and 504 are tried again,
/// not before a Retry-After. Redirects are not followed.
///
/// Object lifetimes: the destructor, which clients run that hold the last reference, takes little more than grace(),
/// but waits for a source of gauges that is running; afterwards none is called. Thread safety: safe; one object may
/// observe all clients of a program.
class otlp_exporter final : public observer, public spending_observer {
public:
  /// \throws weir::error errc::malformed_url, insecure (a key over plain HTTP), invalid_argument, malformed_key,
  /// invalid_configuration; errc::out_of_resources if no thread can be started.
  static std::shared_ptr<otlp_exporter> make(otlp settings = otlp());
  ~otlp_exporter() override;
  otlp_exporter(const otlp_exporter&) = delete;
  otlp_exporter& operator=(const otlp_exporter&) = delete;

  void call_begun(const call_record& call) noexcept override;
  void attempt_ended(const call_record& call, const attempt& a) noexcept override;
  void call_ended(const call_record& call) noexcept override;
  void spent(std::string_view provider, std::string_view model, std::string_view key, std::string_view tier,
             std::string_view currency, double amount) noexcept override;
  void unpriced(std::string_view provider, std::string_view model) noexcept override;

  /// Adds a source of gauges, as metrics::gauges(): called on the exporter's thread. It must not throw: one that does
  /// costs the metrics of that time.
  void gauges(std::function<std::vector<gauge>()> source);

  /// Sends what there is, and waits for that. \returns whether nothing of it waits any more, within `limit`: it has
  /// been delivered, or given up and counted.
  bool flush(duration limit = std::chrono::seconds(2)) noexcept;
  otlp_stats stats() const;

private:
  class state;
  explicit otlp_exporter(std::unique_ptr<state> s) noexcept;
  std::unique_ptr<state> state_;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
