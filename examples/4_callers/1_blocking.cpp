// Streams a chat in a program that is not asynchronous. Needs HF_TOKEN, or the URL of a server as an argument.
#include <weir/weir.hpp>

#include <iostream>

int main(int argc, char** argv) try {
  weir::blocking_client client(weir::from_environment().base_url(argc > 1 ? argv[1] : ""));
  for (auto& event : client.stream(weir::chat("openai/gpt-oss-120b").user("Why is the sky blue?")))
    std::cout << event.text() << std::flush;
  std::cout << '\n';
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
