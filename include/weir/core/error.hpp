// Errors: a stable code for programs, a condition for decisions, and a message for people.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include <weir/detail/abi.hpp>
#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE
enum class errc;
enum class condition;
WEIR_END_NAMESPACE

/// \cond
template <>
struct boost::system::is_error_code_enum<weir::errc> : std::true_type {};
template <>
struct boost::system::is_error_condition_enum<weir::condition> : std::true_type {};
/// \endcond

WEIR_BEGIN_NAMESPACE

using boost::system::error_code;

/// What went wrong. The values are stable: they are written to logs and journals.
enum class errc {
  // Local: the call was ended by this side.
  deadline_exceeded = 1,   ///< The ambient deadline (a duration given by the caller) was reached.
  cancelled = 2,           ///< The caller cancelled, dropped the reply, or its scope ended.
  first_token_timeout = 3, ///< No first token within the limit for it.
  stalled = 4,             ///< No token, or no byte at all, within its limit.
  out_of_resources = 5,    ///< This process has no descriptors, memory or threads left.
  not_saved = 6,           ///< The result could not be written: the disk is full, or its reader is gone.
  unexpected = 7,          ///< An exception of neither weir nor the system, such as one that a callback threw.
  too_many_rounds = 8,     ///< The model still calls tools when a loop's rounds are used up; see run_tools().
  tool_failed = 9,         ///< A tool of a loop failed; see tool_loop::errors().

  // Configuration and use: nothing was sent.
  missing_key = 20,           ///< No credential in the environment or the options.
  malformed_key = 21,         ///< The credential has control characters, spaces or is too long.
  unknown_provider = 22,      ///< No vendor of that name.
  malformed_url = 23,         ///< Not an absolute http or https URL, or one with parts that are not allowed.
  unsupported = 24,           ///< The provider does not offer this task, or not with this key.
  invalid_argument = 25,      ///< A field of the request is out of its range.
  insecure = 26,              ///< A key would have been sent over plain HTTP, or to an origin it is not bound to.
  invalid_configuration = 27, ///< The configuration file or an environment variable cannot be used.
  wrong_executor = 28,        ///< A client was used on several threads, strands or contexts; see client.
  key_unavailable = 29,       ///< The callback that issues the key failed or took too long; see key_source.

  // Network: before a response began.
  resolve_failed = 40,       ///< The host name has no address, or the resolver failed.
  connect_failed = 41,       ///< No address accepted a connection.
  connect_timeout = 42,      ///< Resolving, connecting and the TLS handshake took too long together.
  proxy_refused = 43,        ///< The proxy answered CONNECT with anything but 2xx.
  tls_failed = 44,           ///< The TLS handshake failed for a reason other than the certificate.
  certificate_rejected = 45, ///< The peer's certificate was not accepted.
  connection_lost = 46,      ///< The connection ended or broke before the response was complete.
  pool_exhausted = 47,       ///< Too many calls are already waiting for a connection to this origin.

  // HTTP framing.
  malformed_response = 60,  ///< The response is not valid HTTP/1.1.
  response_too_large = 61,  ///< The head, a line, an event or the body is over its limit.
  unexpected_redirect = 62, ///< A 3xx response: weir follows none by itself.
  unexpected_content = 63,  ///< A 2xx response whose content type or coding cannot be read.

  // The provider's verdict.
  bad_request = 80,     ///< 400, 413, 422 and the like: the request cannot succeed unchanged.
  unauthorized = 81,    ///< 401: the key is wrong or missing.
  forbidden = 82,       ///< 403: the key may not do this.
  quota_exhausted = 83, ///< 402, or a quota or credit that is used up. Waiting does not help.
  not_found = 84,       ///< 404: no such model or route.
  rate_limited = 85,    ///< 429: too many requests or tokens; see failure::retry_after.
  overloaded = 86,      ///< 503, 529 or an in-band "overloaded": the provider is busy.
  loading = 87,         ///< 503 with an estimate: the model is starting.
  server_error = 88,    ///< 500, 502, 504 and the like.
  paused = 89,          ///< The dedicated endpoint is paused.
  circuit_open = 90,    ///< Not sent: the target has failed too often recently; see failure::retry_after.
  starting = 92,        ///< An endpoint that was scaled to zero is starting, and the call may not wait (longer) for it.
  limit_reached = 91,   ///< Not sent: a local rate limit would allow it only too late; see failure::retry_after.
  over_budget = 93,     ///< Not sent: a budget would be exceeded; failure::retry_after tells when there is room again.

  // Streams: a response began and did not complete.
  truncated = 100,       ///< The stream ended without the provider's terminal signal.
  in_band_error = 101,   ///< The provider reported an error inside a 200 stream.
  malformed_event = 102, ///< An event that is not what the protocol allows.
  filtered = 103,        ///< The provider withheld the answer.
};

/// What a caller or a policy decides on. Compare an error_code with one of these:
/// `if (ec == weir::condition::throttled) …`
enum class condition {
  transient = 1,       ///< May succeed when retried: network, 5xx, overload, loading.
  throttled = 2,       ///< The provider asks for a slower pace.
  refused = 3,         ///< Cannot succeed unchanged.
  quota_exhausted = 4, ///< Credit, quota or a budget is used up. Never retried.
  local = 5,           ///< Ended by this side: deadline, timeouts, cancellation, its own resources and files.
  configuration = 6,   ///< Nothing was sent: keys, names, URLs, arguments.
  truncated = 7,       ///< A response began and was cut short.
};

const boost::system::error_category& error_category() noexcept;
const boost::system::error_category& condition_category() noexcept;

error_code make_error_code(errc) noexcept;
boost::system::error_condition make_error_condition(condition) noexcept;

/// The stable name of a code, for logs: `rate_limited`.
std::string_view name_of(errc) noexcept;
std::string_view name_of(condition) noexcept;

/// An error with its context. The server's text is kept apart from weir's own: weir's may be shown as it is, the
/// server's is untrusted. Never contains a key.
class failure {
public:
  failure() = default;
  failure(errc code, std::string message) : code_(make_error_code(code)), message_(std::move(message)) {}
  failure(error_code code, std::string message) : code_(code), message_(std::move(message)) {}

  error_code code() const noexcept { return code_; }
  bool failed() const noexcept { return code_.failed(); }
  explicit operator bool() const noexcept { return failed(); }

  /// weir's own message, one line: what failed and what to do about it.
  const std::string& message() const noexcept { return message_; }
  /// What the provider said, cut to 4 KiB, control characters replaced. May be empty.
  const std::string& remote() const noexcept { return remote_; }
  /// The provider's own code or type of error, such as `insufficient_quota`. May be empty.
  const std::string& remote_code() const noexcept { return remote_code_; }
  /// The HTTP status, or 0 if no response began.
  int status() const noexcept { return status_; }
  /// The provider's id of the request, for support requests. May be empty.
  const std::string& request_id() const noexcept { return request_id_; }
  /// The minimum wait before a retry that the provider requires.
  std::optional<std::chrono::nanoseconds> retry_after() const noexcept { return retry_after_; }
  /// The provider's explicit verdict on retrying (`x-should-retry`).
  std::optional<bool> should_retry() const noexcept { return should_retry_; }

  WEIR_SETTER(failure, error_code, code, code_ = v)
  WEIR_SETTER(failure, std::string, message, message_ = std::move(v))
  WEIR_SETTER(failure, std::string, remote, remote_ = std::move(v))
  WEIR_SETTER(failure, std::string, remote_code, remote_code_ = std::move(v))
  WEIR_SETTER(failure, int, status, status_ = v)
  WEIR_SETTER(failure, std::string, request_id, request_id_ = std::move(v))
  WEIR_SETTER(failure, std::optional<std::chrono::nanoseconds>, retry_after, retry_after_ = v)
  WEIR_SETTER(failure, std::optional<bool>, should_retry, should_retry_ = v)

  /// message() and, in quotes, remote(): one line for a log or a terminal.
  std::string describe() const;

private:
  error_code code_;
  std::string message_;
  std::string remote_;
  std::string remote_code_;
  int status_ = 0;
  std::string request_id_;
  std::optional<std::chrono::nanoseconds> retry_after_;
  std::optional<bool> should_retry_;
};

/// The exception that weir throws: a failure. what() is failure::describe().
class error : public boost::system::system_error {
public:
  explicit error(weir::failure f);
  error(errc code, std::string message) : error(weir::failure(code, std::move(message))) {}

  const weir::failure& failure() const noexcept { return failure_; }
  const char* what() const noexcept override { return what_.c_str(); }

private:
  weir::failure failure_;
  std::string what_;
};

/// The failure that an exception carries, as passed to a completion handler: operation_aborted becomes errc::cancelled,
/// std::bad_alloc errc::out_of_resources, an error of the system its own code, anything else errc::unexpected. No
/// failure for a null pointer.
failure failure_of(const std::exception_ptr& why);

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
