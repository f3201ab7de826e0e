// What a call did, from the caller's side.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/detail/abi.hpp>
#include <weir/task/attempt.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/event.hpp>

WEIR_BEGIN_NAMESPACE

/// What a request of chat or text generation sets of what OpenTelemetry's conventions have a name for; absent where it
/// sets nothing.
struct request_settings {
  request_settings() = default;
  std::optional<std::int64_t> max_tokens;
  std::optional<std::int64_t> choices; ///< How many answers.
  std::optional<std::int64_t> top_k;
  std::optional<std::uint64_t> seed;
  std::optional<double> temperature, top_p, frequency_penalty, presence_penalty;
  std::vector<std::string> stop;
};

/// One call with all its attempts. Complete once the call has ended.
struct call_record {
  call_record() = default;
  std::string operation; ///< The OpenTelemetry name: `chat`, `text_completion`, …
  std::string provider;  ///< As requested.
  std::string model;     ///< As requested.
  bool streamed = false;
  std::string conversation; ///< chat::conversation(); empty if there is none.
  request_settings settings;
  std::vector<std::pair<std::string, std::string>> tags; ///< The request's own: call_options::tag().
  std::chrono::system_clock::time_point started{};
  duration first_token{}; ///< Since the call began; zero if there was none.
  duration ended{};
  weir::outcome outcome = weir::outcome::failed;
  weir::failure failure;
  weir::usage usage;
  std::string finish_reason;
  answer_info info;
  /// In the order in which they began, failed ones included.
  std::vector<std::shared_ptr<weir::attempt>> attempts;
};

WEIR_END_NAMESPACE
