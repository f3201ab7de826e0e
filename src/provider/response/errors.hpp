// What providers say when they fail, read from the many forms they say it in (docs/providers.md, "Errors").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <weir/core/error.hpp>

#include "codec/json/json.hpp"
#include "provider/dialect.hpp"
#include "provider/response/retry_after.hpp"

namespace weir::inline v0::provider {

/// An error as a provider words it.
class remote_error {
public:
  remote_error() = default;
  std::string message;
  std::string code; ///< `insufficient_quota`, `validation`, …: the more specific of code and type.
  std::string request_id;
  int status = 0;                          ///< A status inside the body; 0 if none.
  std::optional<double> estimated_seconds; ///< hf-inference's `estimated_time`.
  wait_hint retry_after;                   ///< Google's `retryDelay`.
};

/// Reads an error object in any form. If no message is found in it (words_of_error()), the object itself is the
/// message.
remote_error read_error(const codec::json::value& body);
/// Whether a chunk of a stream reports an error: a member `error` that is a string or an object, or a flat error
/// object.
bool is_error(const codec::json::object& chunk) noexcept;

/// Makes untrusted text safe for a log or a terminal: control characters become spaces, invalid UTF-8 becomes U+FFFD,
/// and it is cut after `limit` bytes.
std::string sanitize(std::string_view text, std::size_t limit = 4096);

/// The code that follows from a status and a provider's message. Status 0 means unknown.
errc classify(int status, const remote_error& e) noexcept;

/// The failure for an error inside a 200 response. Once tokens have arrived it is errc::in_band_error, whatever the
/// provider calls it: the answer has begun.
failure in_band_failure(const remote_error& e, bool tokens_seen);

/// The failure of a job that the provider accepted but could not do: errc::in_band_error.
failure job_failure(const route& to, const remote_error& e);

} // namespace weir::inline v0::provider
