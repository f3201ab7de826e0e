#include "bench/measure/sample.hpp"

namespace weir::inline v0::measure {

namespace {

using moment = std::optional<duration>;

moment between(const moment& from, const moment& to) noexcept {
  return from && to ? moment(*to - *from) : std::nullopt;
}

moment share(const moment& whole, std::uint64_t parts) noexcept {
  return whole && parts > 0 ? moment(*whole / static_cast<duration::rep>(parts)) : std::nullopt;
}

} // namespace

std::optional<duration> sample::of(bench_metric m) const noexcept {
  switch (m) {
  case bench_metric::send_delay: return between(meant, sent);
  case bench_metric::connect: return connect;
  case bench_metric::ttfb: return between(meant, first_byte);
  case bench_metric::ttft: return between(meant, first_content);
  case bench_metric::ttft_sent: return between(sent, first_content);
  case bench_metric::ttfo: return between(meant, first_output);
  case bench_metric::chunk_gap: return std::nullopt;
  case bench_metric::itl:
    // An answer in one chunk has no time between tokens.
    return chunks > 1 && output_tokens > first_chunk_tokens
               ? share(between(first_content, last_content), output_tokens - first_chunk_tokens)
               : std::nullopt;
  case bench_metric::tpot:
    return chunks > 1 && output_tokens > 1 ? share(between(first_content, last_content), output_tokens - 1)
                                           : std::nullopt;
  case bench_metric::tpot_incl_first: return share(between(sent, last_content), output_tokens);
  case bench_metric::e2e: return between(meant, last_content);
  case bench_metric::e2e_wire: return ended - meant;
  }
  return std::nullopt;
}

} // namespace weir::inline v0::measure
