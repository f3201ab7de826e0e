// A job that is stopped in the middle and run again: the journal keeps what was answered, and nothing is asked twice.
#include <weir/batch.hpp>
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <iostream>

namespace {

const char* const path = "/tmp/weir-example.journal";

// Counts results, and tells the job to end after the first thirty.
class counted : public weir::batch_sink {
public:
  boost::asio::awaitable<void> write(weir::batch_result) override {
    if (++count == 30)
      job->drain();
    co_return;
  }
  weir::batch* job = nullptr;
  int count = 0;
};

void run_once(const weir::options& options) {
  weir::client client(options);
  std::vector<weir::batch_item> items;
  for (int n = 1; n <= 100; ++n)
    items.emplace_back("number-" + std::to_string(n), weir::chat().user("Is " + std::to_string(n) + " prime?"));
  auto source = weir::items_of(std::move(items));

  weir::batch job(client, weir::batch_options().in_flight(10).journal(weir::open_journal(path)).replay(false));
  counted sink;
  sink.job = &job;
  boost::asio::io_context context;
  boost::asio::co_spawn(context, job.run(*source, sink), [](std::exception_ptr failed, weir::batch_report r) {
    if (failed)
      std::cerr << weir::failure_of(failed).describe() << '\n';
    std::cout << "kept from before: " << r.restored << ", asked now: " << r.calls << ", "
              << (r.complete() ? "all done" : r.stopped) << '\n';
  });
  context.run();
}

} // namespace

int main(int argc, char** argv) {
  auto options = weir::from_environment().model("openai/gpt-oss-120b");
  if (argc > 1)
    options.base_url(argv[1]).ca_file(argc > 2 ? argv[2] : "");
  std::remove(path);
  for (int run = 0; run < 4; ++run)
    run_once(options);
}
