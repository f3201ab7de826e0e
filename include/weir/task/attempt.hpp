// What happened on the wire, attempt by attempt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/core/connect_times.hpp>
#include <weir/core/error.hpp>
#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// What is left of a rate limit, as response headers report it; absent where they do not.
struct rate_limit_status {
  rate_limit_status() = default;

  /// One counted thing: requests or tokens.
  struct bucket {
    bucket() = default;
    std::optional<std::uint64_t> limit;     ///< Of one window.
    std::optional<std::uint64_t> remaining; ///< Of the current window.
    std::optional<duration> reset;          ///< Until the bucket is full again.
    std::optional<duration> window;         ///< The window's length, where it is known.
    bool empty() const noexcept { return !limit && !remaining && !reset; }
  };
  bucket requests;
  bucket tokens;
  bool empty() const noexcept { return requests.empty() && tokens.empty(); }
};

/// What happened to one attempt at a call. Times count from its beginning; zero where a step
/// did not happen.
struct attempt {
  attempt() = default;
  std::string provider;
  std::string model;
  std::string url;
  std::string key;           ///< The name of the credential; never the credential.
  unsigned number = 1;       ///< Within its call, from 1.
  bool hedge = false;        ///< Ran alongside another one.
  bool continuation = false; ///< Resumes an answer that broke off.
  duration begun{};          ///< Since the call began.
  duration queued{};         ///< Waiting for the policies' permits.
  duration cold_start{};     ///< Waiting for an endpoint to start, until the last try began.
  connect_times connection;  ///< How long each step of connecting took.
  duration sent{};           ///< When sending the request began.
  duration first_byte{};
  duration first_token{};
  duration longest_gap{}; ///< Between two reads that brought tokens.
  duration ended{};
  int status = 0;
  std::string request_id; ///< The provider's id of the request, to quote to its support; empty if none was sent.
  /// The response's header fields, in order, as they were sent.
  std::vector<std::pair<std::string, std::string>> headers;
  /// The first field of that name, without regard to case; empty if absent.
  std::string_view header(std::string_view name) const noexcept;
  /// The JSON of a complete (non-streamed) response, or of a job's last one, if the request has keep_raw(). A stream's
  /// events have their own: event::raw().
  std::string raw;
  std::size_t bytes = 0; ///< Of the body.
  std::size_t events = 0;
  /// The provider may have worked, and charged, for an answer that never arrived: the whole request was sent, and the
  /// attempt failed without a verdict from the provider.
  bool maybe_billed = false;
  rate_limit_status limits;
  /// Answered from the response cache: nothing was sent, and nothing is charged.
  bool cache_hit = false;
  bool cache_stale = false; ///< The entry is older than its time to live: see response_cache.
  bool shared = false;      ///< The answer of an identical call that was in flight.
  duration cache_age{};     ///< Since the entry was written.
  std::string cache_key;    ///< Of the entry that was found or will be written; empty without a cache.
  weir::failure failure;
};

WEIR_END_NAMESPACE
