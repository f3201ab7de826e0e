// Observing calls: hooks for logs, metrics and traces, and helpers that read a record for them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <weir/detail/abi.hpp>
#include <weir/policy/observe/call_record.hpp>

WEIR_BEGIN_NAMESPACE

/// Is notified of every call of the clients it was added to.
///
/// For each call: call_begun() once; endpoint_starting() any number of times, and then
/// endpoint_awaited(); when it has ended, however it ended (completed, failed,
/// cancelled, dropped), attempt_ended() once per attempt in the order they began, then
/// call_ended() once. For a call whose context is destroyed under it neither is called.
///
/// The functions run inside the call: they must not block and cannot stop it. A record lives as
/// long as its call, so copy what you want to keep. Records hold no prompts, no answers and no keys.
/// Thread safety: called on each client's strand, so an observer of several clients must be thread-safe.
class observer {
public:
  virtual ~observer() = default;
  /// Only the start time and what was requested are filled in.
  virtual void call_begun(const call_record&) noexcept {}
  /// The call is waiting for an endpoint to start, for `waited` so far: called at once and then every second. See
  /// weir::cold_start.
  virtual void endpoint_starting(const call_record&, const attempt&, duration waited) noexcept { (void)waited; }
  /// The wait is over: an answer has begun, or the call has failed.
  virtual void endpoint_awaited(const call_record&, const attempt&) noexcept {}
  /// An attempt whose `ended` is zero was abandoned: a hedge that lost, or a call that was cancelled.
  virtual void attempt_ended(const call_record&, const attempt&) noexcept {}
  virtual void call_ended(const call_record&) noexcept {}
};

/// An observer that runs `f` at the end of every call. Exceptions of `f` are ignored.
std::shared_ptr<observer> on_call(std::function<void(const call_record&)> f);
/// An observer that runs `f` for every attempt once its call has ended. Exceptions of `f` are ignored.
std::shared_ptr<observer> on_attempt(std::function<void(const call_record&, const attempt&)> f);

/// A name and a value, typed as OpenTelemetry types them.
class attribute {
public:
  using value_type = std::variant<bool, std::int64_t, double, std::string, std::vector<std::string>>;
  /// `name` must be a literal, or outlive the attribute.
  attribute(std::string_view name, value_type value) : name_(name), value_(std::move(value)) {}

  std::string_view name() const noexcept { return name_; }
  const value_type& value() const noexcept { return value_; }
  /// The value as text; a list as `a,b`.
  std::string text() const;

private:
  std::string_view name_;
  value_type value_;
};

/// The attributes of a call, named as in OpenTelemetry's conventions for generative AI
/// (open-telemetry/semantic-conventions-genai, gen-ai-spans.md); what those have no name for is in the namespace
/// `weir`. Durations are in seconds. Unknown values are left out.
///
/// `error.type` is name_of(errc), or `_OTHER` for an error that is not weir's. `server.address` is
/// that of the last attempt.
std::vector<attribute> attributes(const call_record& call);
/// The attributes of one attempt of a call, for a span below the call's.
std::vector<attribute> attributes(const call_record& call, const attempt& a);

/// What the conventions call a call's span: `chat llama-3.3-70b`.
std::string span_name(const call_record& call);

/// The `gen_ai.provider.name` of one of weir's providers: `huggingface` for the router ("auto") and hf-inference; every
/// other id is the conventions' own value already, or has none there.
std::string_view otel_provider_name(std::string_view provider) noexcept;

/// The `error.type` of a call or an attempt; empty for one that succeeded.
std::string_view otel_error_type(const failure& f) noexcept;
std::string_view otel_error_type(const call_record& call) noexcept;

/// One line of logfmt, without a line break: `at=2026-01-01T00:00:00.000Z op=chat provider=groq …`. Times are in
/// milliseconds. Contains weir's own message of a failure, never the provider's text.
std::string log_line(const call_record& call);

WEIR_END_NAMESPACE
