// What a benchmark measures: every name that reports use, and what it means.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// A time that is measured of every call. Most count from when the request was *meant* to start: a load generator, or a
/// server, that falls behind must not make its figures better. "Sent" is when sending began, "content" a piece of the
/// answer that has text (of the answer, the reasoning or a tool call); all are stamped when the bytes leave the socket.
enum class bench_metric : std::uint8_t {
  send_delay,      ///< From meant to sent: what the load generator, its limits and connecting add.
  connect,         ///< Looking up, connecting, TLS; only of calls that opened a connection.
  ttfb,            ///< Time to the first byte of the response, from meant.
  ttft,            ///< Time to the first content, from meant.
  ttft_sent,       ///< The same from sent: what other tools call TTFT.
  ttfo,            ///< Time to the first output: the first content that is not reasoning, from meant.
  chunk_gap,       ///< Between two reads that brought content.
  itl,             ///< Inter-token latency: from first to last content, over the tokens after the first chunk.
  tpot,            ///< Time per output token, without the first: from first to last content, over all tokens but one.
  tpot_incl_first, ///< From sent to the last content, over all tokens.
  e2e,             ///< From meant to the last content.
  e2e_wire,        ///< From meant to the end of the response, `[DONE]` and usage included.
};
inline constexpr std::size_t bench_metrics = 12;

/// `ttft`, `chunk_gap`, …
std::string_view name_of(bench_metric m) noexcept;
/// By its name, or by one that other tools use: `e2el` (vLLM) is e2e. Empty if there is none.
std::optional<bench_metric> bench_metric_of(std::string_view name) noexcept;
/// What it means, in one sentence for people.
std::string_view meaning_of(bench_metric m) noexcept;

WEIR_END_NAMESPACE
