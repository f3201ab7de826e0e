// A policy of one's own, around all of weir's: counts what each model was asked.
#include <weir/weir.hpp>

#include <iostream>
#include <map>

class counting final : public weir::handler {
public:
  counting(std::map<std::string, int>& counts, weir::handler_ptr inner) : counts_(counts), inner_(std::move(inner)) {}
  boost::asio::awaitable<weir::reply> operator()(weir::call& c) override {
    ++counts_[c.to.model()];
    co_return co_await (*inner_)(c);
  }

private:
  std::map<std::string, int>& counts_;
  weir::handler_ptr inner_;
};

boost::asio::awaitable<void> ask(weir::client& client) {
  for (std::string model : {"openai/gpt-oss-20b", "openai/gpt-oss-20b", "openai/gpt-oss-120b"})
    co_await client.chat(weir::chat(model).user("Hello"));
}

int main(int argc, char** argv) try {
  std::map<std::string, int> counts;
  auto options = weir::from_environment().layer([&](auto inner) { return std::make_shared<counting>(counts, inner); });
  if (argc > 2)
    options.base_url(argv[1]).ca_file(argv[2]);
  weir::client_group clients(options, 1);
  clients.spawn(ask);
  clients.join();
  for (const auto& [model, count] : counts)
    std::cout << model << ": " << count << '\n';
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
