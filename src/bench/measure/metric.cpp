#include <weir/bench/metric.hpp>

WEIR_BEGIN_NAMESPACE

namespace {

class entry {
public:
  constexpr entry(std::string_view n, std::string_view m) : name(n), meaning(m) {}
  std::string_view name, meaning;
};

constexpr std::array<entry, bench_metrics> table = {
    entry("send_delay", "from when a request was meant to start to when sending began"),
    entry("connect", "looking up the name, connecting and TLS, of calls that opened a connection"),
    entry("ttfb", "from meant to start to the first byte of the response"),
    entry("ttft", "time to first token: from meant to start to the first content"),
    entry("ttft_sent", "time to first token from when sending began, as other tools count"),
    entry("ttfo", "time to first output: to the first content that is not reasoning"),
    entry("chunk_gap", "between two reads that brought content"),
    entry("itl", "inter-token latency: from first to last content, over the tokens after the first chunk"),
    entry("tpot", "time per output token without the first"),
    entry("tpot_incl_first", "time per output token, from when sending began"),
    entry("e2e", "from meant to start to the last content"),
    entry("e2e_wire", "from meant to start to the end of the response"),
};

} // namespace

std::string_view name_of(bench_metric m) noexcept { return table[static_cast<std::size_t>(m)].name; }
std::string_view meaning_of(bench_metric m) noexcept { return table[static_cast<std::size_t>(m)].meaning; }

std::optional<bench_metric> bench_metric_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < bench_metrics; ++i)
    if (table[i].name == name)
      return static_cast<bench_metric>(i);
  // vLLM's, AIPerf's and inference-perf's.
  if (name == "e2el" || name == "request_latency" || name == "latency")
    return bench_metric::e2e;
  if (name == "time_to_first_token")
    return bench_metric::ttft;
  if (name == "time_to_first_output_token")
    return bench_metric::ttfo;
  if (name == "inter_token_latency")
    return bench_metric::itl;
  if (name == "time_per_output_token")
    return bench_metric::tpot;
  if (name == "inter_chunk_latency" || name == "icl")
    return bench_metric::chunk_gap;
  return std::nullopt;
}

WEIR_END_NAMESPACE
