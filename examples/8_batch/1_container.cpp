// Answers every item of a container, 20 at a time: what fails is a result like any other.
#include <weir/batch.hpp>
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

// Prints results as they come.
class printed : public weir::batch_sink {
public:
  boost::asio::awaitable<void> write(weir::batch_result r) override {
    std::cout << r.id << ": " << (r.succeeded() ? r.body.substr(0, 60) : r.failure.describe()) << '\n';
    co_return;
  }
};

int main(int argc, char** argv) {
  auto options = weir::from_environment().model("openai/gpt-oss-120b");
  if (argc > 1)
    options.base_url(argv[1]).ca_file(argc > 2 ? argv[2] : "");
  weir::client client(options);

  std::vector<weir::batch_item> items;
  for (int n = 1; n <= 100; ++n)
    items.emplace_back("number-" + std::to_string(n), weir::chat().user("Is " + std::to_string(n) + " prime?"));

  boost::asio::io_context context;
  printed sink;
  auto source = weir::items_of(std::move(items));
  weir::batch job(client, weir::batch_options().in_flight(20));
  boost::asio::co_spawn(context, job.run(*source, sink), [](std::exception_ptr failed, weir::batch_report r) {
    if (failed)
      std::cerr << weir::failure_of(failed).describe() << '\n';
    else
      std::cout << r.succeeded() << " of " << r.done << " answered, " << r.output_tokens << " tokens\n";
  });
  context.run();
}
