// A custom policy around all of weir's: model aliases that the program defines itself.
#include <weir/weir.hpp>

#include <iostream>

class aliases final : public weir::handler {
public:
  explicit aliases(weir::handler_ptr inner) : inner_(std::move(inner)) {}
  boost::asio::awaitable<weir::reply> operator()(weir::call& c) override {
    c.to.model(c.to.model() == "fast" ? "openai/gpt-oss-20b" : "openai/gpt-oss-120b");
    co_return co_await (*inner_)(c);
  }

private:
  weir::handler_ptr inner_;
};

boost::asio::awaitable<void> ask(weir::client& client) {
  auto answer = co_await client.chat(weir::chat("fast").user("Hello"));
  std::cout << answer.text() << "\n(answered by " << answer.info.model << ")\n";
}

int main(int argc, char** argv) {
  auto options = weir::from_environment().layer([](auto inner) { return std::make_shared<aliases>(inner); });
  if (argc > 1)
    options.base_url(argv[1]);
  if (argc > 2)
    options.ca_file(argv[2]);
  weir::client_group clients(options, 1);
  clients.spawn(ask);
  clients.join();
}
