// Has another provider resume an interrupted answer, from the text that has arrived.
#include <weir/weir.hpp>

#include <iostream>

boost::asio::awaitable<void> ask(weir::client& client) {
  auto reply = co_await client.stream(weir::chat("openai/gpt-oss-120b").user("Why is the sky blue?"));
  while (auto event = co_await reply.next())
    if (event->type() == weir::event::kind::continued)
      std::cout << "\n[interrupted, " << event->content() << " continues]\n";
    else
      std::cout << event->text() << std::flush;
  std::cout << "\n(" << name_of(reply.outcome()) << ")\n";
}

int main(int argc, char** argv) try {
  auto second = argc > 3 ? weir::target().base_url(argv[3]) : weir::target("groq/openai/gpt-oss-120b");
  second.prefill(weir::prefill::message);
  auto options = weir::from_environment().fallback(weir::fallback().to(second).resume_interrupted(true));
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
