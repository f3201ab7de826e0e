// Logs each call in one line, and its attempts with OpenTelemetry attributes.
#include <weir/weir.hpp>

#include <iostream>

class trace final : public weir::observer {
public:
  void attempt_ended(const weir::call_record& call, const weir::attempt& a) noexcept override {
    for (const auto& attribute : attributes(call, a))
      std::cout << "  " << attribute.name() << " = " << attribute.text() << '\n';
  }
  void call_ended(const weir::call_record& call) noexcept override { std::cout << log_line(call) << '\n'; }
};

boost::asio::awaitable<void> ask(weir::client& client) {
  co_await collect(co_await client.stream(weir::chat("openai/gpt-oss-120b").user("Why is the sky blue?")));
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment().observe(std::make_shared<trace>());
  if (argc > 1)
    options.base_url(argv[1]);
  if (argc > 2)
    options.ca_file(argv[2]);
  weir::client_group clients(options, 1);
  clients.spawn(ask);
  clients.join();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
