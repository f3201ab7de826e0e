// Messages to a webhook, as chats and pagers have them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// The settings of a webhook.
class webhook_options {
public:
  webhook_options() = default;

  /// A header of every request. One of them may be a key (`authorization`): it is never shown, and goes to the URL's
  /// origin only, over TLS or to this machine.
  webhook_options&& header(std::string name, std::string value) && {
    return std::move(header(std::move(name), std::move(value)));
  }
  webhook_options& header(std::string name, std::string value) & {
    headers_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  const std::vector<std::pair<std::string, std::string>>& headers() const noexcept { return headers_; }
  /// Of one request, which is tried four times. Default: 10 s.
  WEIR_VALUE(webhook_options, duration, deadline)
  /// How long the destructor may take to send what is left. Default: 2 s.
  WEIR_VALUE(webhook_options, duration, grace)
  /// Messages that may wait; one more takes the place of the oldest. Default: 100.
  WEIR_VALUE(webhook_options, std::size_t, max_waiting)
  /// As options::proxy() and options::ca_file().
  WEIR_FIELD(webhook_options, std::string, proxy)
  WEIR_FIELD(webhook_options, std::string, ca_file)

private:
  std::vector<std::pair<std::string, std::string>> headers_;
  duration deadline_ = std::chrono::seconds(10);
  duration grace_ = std::chrono::seconds(2);
  std::size_t max_waiting_ = 100;
  std::string proxy_, ca_file_;
};

/// What became of a webhook's messages.
struct webhook_stats {
  webhook_stats() = default;
  std::uint64_t sent = 0;    ///< Answered with 2xx.
  std::uint64_t dropped = 0; ///< Lost: too many were waiting, or they could not be delivered.
  std::uint64_t waiting = 0;
  std::string last_error; ///< Why the last one that failed did; weir's own words, without the URL.
};

/// Posts messages as JSON with a member `text`, which Slack, Mattermost and others show.
///
///     weir::webhook hook("https://hooks.example.com/services/…");
///     hook.post("Spending is four times as high as usual.", R"({"kind": "spike", "rate": 4.1})");
///
/// A message waits for a thread of the webhook's own; nothing else waits for the receiver. 408, 429, 502, 503, 504 and
/// failures of the network are tried again, not before a Retry-After. Redirects are not followed. The URL, which is
/// often a secret itself, is never shown.
///
/// Object lifetimes: the destructor takes little more than grace(). Thread safety: safe, but for the destructor.
class webhook {
public:
  /// \throws weir::error errc::malformed_url, insecure (a key over plain HTTP), invalid_argument, malformed_key,
  /// invalid_configuration; errc::out_of_resources if no thread can be started.
  explicit webhook(std::string url, webhook_options o = webhook_options());
  ~webhook();
  webhook(const webhook&) = delete;
  webhook& operator=(const webhook&) = delete;

  /// Sends `{"text": …}` with the members of `json_object`, of which `text` is left out; empty: none.
  /// \throws weir::error errc::invalid_argument if that is not a JSON object.
  void post(std::string text, std::string json_object = {});

  /// Waits until what was posted so far has been delivered, or given up and counted. \returns whether it has, within
  /// `limit`.
  bool flush(duration limit = std::chrono::seconds(2)) noexcept;
  webhook_stats stats() const;

private:
  class state;
  std::unique_ptr<state> state_;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
