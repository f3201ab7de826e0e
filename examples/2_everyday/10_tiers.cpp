// Sends questions to a small model first, and those it cannot answer to a large one.
#include <weir/weir.hpp>

#include <iostream>

bool good_enough(const weir::completion& answer) { return answer.text().find("weir") != std::string::npos; }

void show(const weir::call_record&, const weir::attempt& a) { std::cout << "  called " << a.model << '\n'; }

boost::asio::awaitable<void> ask(weir::client& client) {
  for (std::string question : {"What is a weir?", "What is 2 + 2? Answer with one word."}) {
    std::cout << question << '\n';
    co_await client.chat(weir::chat().user(question).max_tokens(12));
  }
}

int main(int argc, char** argv) try {
  auto tiers = weir::tiers().add("small", weir::target().model("openai/gpt-oss-20b"));
  tiers.add("large", weir::target().model("openai/gpt-oss-120b")).accept(good_enough);
  auto options = weir::from_environment().tiers(tiers).observe(weir::on_attempt(show));
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
