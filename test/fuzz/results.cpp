// Results of benchmarks: refused in one line, or read the same again from what is written of them, shown and merged.
#include <string>

#include <weir/bench/result.hpp>
#include <weir/core/error.hpp>

#include "bench/record/record.hpp"
#include "fuzz.hpp"

namespace {

template <class F>
void refused_or(const F& f) {
  try {
    f();
  } catch (const weir::error& e) {
    fuzz::hold(e.code() == weir::errc::invalid_argument, "a result is refused as an argument");
    for (const char c : std::string(e.what()))
      fuzz::hold(static_cast<unsigned char>(c) >= 0x20, "a message is one line, and nothing a terminal obeys");
  }
}

void use(const weir::bench_result& r, unsigned kind) {
  const auto text = r.json();
  fuzz::hold(weir::read_bench_result(text).json() == text, "what is written is read the same again");
  switch (kind % 4) {
  case 0: fuzz::hold(!r.text().empty(), "there is something to say"); break;
  case 1: fuzz::hold(weir::read_bench_result(r.html()).json() == text, "a page has the result in it"); break;
  case 2: fuzz::hold(!r.csv().empty() && !r.vllm().empty() && !r.aiperf().empty(), "other tools get theirs"); break;
  default:
    refused_or([&r] {
      const auto merged = weir::merge_bench_results({r});
      fuzz::hold(merged.calls() == r.calls(), "merging loses no call");
    });
  }
}

} // namespace

FUZZ(in) {
  refused_or([&in] { use(weir::read_bench_result(in.text), in.kind); });
}
