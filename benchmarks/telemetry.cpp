// telemetry [CALLS]
//
// What observers cost a call: CALLS calls (default 100,000) with two attempts each end, and are seen by metrics, by an
// otlp_exporter that has room for them, and by one that drops them all. The collector is absent.
// Prints nanoseconds of the calling thread's CPU time:
//     metrics=… ns/call otlp=… ns/call (dropped … ns/call)
#include <weir/weir.hpp>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>

namespace {

double cpu() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

std::shared_ptr<weir::attempt> an_attempt(unsigned number) {
  auto a = std::make_shared<weir::attempt>();
  a->provider = "together";
  a->model = "meta-llama/Llama-3.3-70B-Instruct-Turbo";
  a->url = "https://api.together.xyz/v1/chat/completions";
  a->key = "TOGETHER_API_KEY";
  a->number = number;
  a->request_id = "req_0123456789abcdef0123456789abcdef";
  a->first_token = std::chrono::milliseconds(250);
  a->ended = std::chrono::milliseconds(1800);
  a->longest_gap = std::chrono::milliseconds(40);
  a->events = 100;
  for (int i = 0; i < 15; ++i)
    a->headers.emplace_back("x-some-header-of-the-response", "and a value that is as long as many");
  return a;
}

weir::call_record a_call() {
  weir::call_record r;
  r.operation = "chat";
  r.provider = "auto";
  r.model = "meta-llama/Llama-3.3-70B-Instruct";
  r.streamed = true;
  r.outcome = weir::outcome::complete;
  r.usage.prompt_tokens = 1200;
  r.usage.completion_tokens = 300;
  r.finish_reason = "stop";
  r.info.id = "chatcmpl-0123456789abcdef0123456789abcdef";
  r.info.model = r.model;
  r.tags = {{"team", "search"}};
  r.ended = std::chrono::milliseconds(2000);
  r.first_token = std::chrono::milliseconds(400);
  r.attempts = {an_attempt(1), an_attempt(2)};
  return r;
}

double cost(weir::observer& o, long calls) {
  const auto record = a_call();
  const auto begin = cpu();
  for (long i = 0; i < calls; ++i) {
    o.call_begun(record);
    for (const auto& a : record.attempts)
      o.attempt_ended(record, *a);
    o.call_ended(record);
  }
  return (cpu() - begin) / static_cast<double>(calls);
}

} // namespace

int main(int argc, char** argv) {
  const long calls = argc > 1 ? std::atol(argv[1]) : 100'000;
  weir::metrics numbers;
  const auto counted = cost(numbers, calls);
  const auto absent = [] { return weir::otlp().endpoint("http://127.0.0.1:9").grace(weir::duration()).metrics(false); };
  const auto roomy = weir::otlp_exporter::make(absent().max_waiting_spans(static_cast<std::size_t>(calls) * 3));
  const auto kept = cost(*roomy, calls);
  const auto full = weir::otlp_exporter::make(absent().max_waiting_spans(0));
  const auto dropped = cost(*full, calls);
  std::printf("metrics=%.0f ns/call otlp=%.0f ns/call (dropped %.0f ns/call)\n", counted, kept, dropped);
}
