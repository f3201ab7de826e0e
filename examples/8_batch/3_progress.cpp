// A job in a server: it runs on threads of its own, and a handler of requests may ask at any time how far it is.
#include <weir/batch.hpp>
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>
#include <thread>

class dropped : public weir::batch_sink {
public:
  boost::asio::awaitable<void> write(weir::batch_result) override { co_return; }
};

int main(int argc, char** argv) {
  auto options = weir::from_environment().model("openai/gpt-oss-120b");
  if (argc > 1)
    options.base_url(argv[1]).ca_file(argc > 2 ? argv[2] : "");
  std::vector<weir::batch_item> items;
  for (int n = 1; n <= 400; ++n)
    items.emplace_back("number-" + std::to_string(n), weir::chat().user("Is " + std::to_string(n) + " prime?"));

  weir::client_group clients(options, 2);
  weir::batch job(clients, weir::batch_options().in_flight(20));
  std::jthread work([&] {
    boost::asio::io_context context;
    dropped sink;
    auto source = weir::items_of(std::move(items));
    boost::asio::co_spawn(context, job.run(*source, sink), [](std::exception_ptr, weir::batch_report r) {
      std::cout << "done: " << r.succeeded() << " of " << r.done << '\n';
    });
    context.run();
  });

  for (weir::batch_progress p; p.done < 400; p = job.progress()) {
    std::cout << p.done << " of " << p.total.value_or(0) << ", " << p.in_flight << " in flight\n";
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}
