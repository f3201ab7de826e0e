// What a text-generation server reports: itself, its tokens and its metrics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// The state of an endpoint.
enum class endpoint_health : unsigned char {
  ready,     ///< It serves requests.
  unhealthy, ///< The server runs, but reports that it does not work.
  starting,  ///< It was scaled to zero, or its server is starting.
  paused,    ///< Its owner paused it: it comes back only when resumed.
};
/// `ready`, `unhealthy`, `starting`, `paused`.
std::string_view name_of(endpoint_health h) noexcept;

/// `GET /info` of Text Generation Inference (TGI, docs/openapi.json and older releases). What a server does not report
/// is empty.
struct endpoint_info {
  endpoint_info() = default;
  std::string model_id;
  std::string model_sha;
  std::string task;   ///< `model_pipeline_tag`.
  std::string dtype;  ///< `model_dtype`, of older releases.
  std::string device; ///< `model_device_type`, of older releases.
  std::string version;
  std::string sha;
  std::string docker_label;
  std::string router; ///< `text-generation-router`.
  std::optional<std::uint64_t> max_concurrent_requests;
  std::optional<std::uint64_t> max_best_of;
  std::optional<std::uint64_t> max_stop_sequences;
  std::optional<std::uint64_t> max_input_tokens; ///< `max_input_length` in older releases.
  std::optional<std::uint64_t> max_total_tokens;
  std::optional<std::uint64_t> max_batch_total_tokens;
  std::optional<std::uint64_t> max_client_batch_size;
  std::optional<std::uint64_t> validation_workers;
  /// Every other member, as JSON text.
  std::vector<std::pair<std::string, std::string>> more;
};

/// A token of a text, as the endpoint's tokenizer splits it.
struct text_token {
  text_token() = default;
  std::int64_t id = 0;
  std::string text;
  std::uint64_t start = 0; ///< Where it begins in the text, as the server counts.
  std::uint64_t stop = 0;  ///< Where it ends.
};

/// A chat as the endpoint's template renders it and its tokenizer splits it.
struct chat_tokens {
  chat_tokens() = default;
  std::vector<text_token> tokens;
  std::string templated_text;
};

/// One sample of a metrics page (Prometheus text format 0.0.4).
struct metric_sample {
  metric_sample() = default;
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels; ///< In the page's order.
  double value = 0;                                        ///< May be an infinity or NaN.

  /// The label's value; empty if it is not there.
  std::string_view label(std::string_view name) const noexcept;
};

WEIR_END_NAMESPACE
