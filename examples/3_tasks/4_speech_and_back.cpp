// Turns a text into speech, and transcribes it again.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

boost::asio::awaitable<void> run(weir::client client) {
  auto say = weir::text_to_speech("hexgrad/Kokoro-82M").text("A weir regulates a stream.").voice("af_bella");
  auto spoken = co_await client.run(say);
  auto write = weir::automatic_speech_recognition("openai/whisper-large-v3").audio(spoken.first());
  auto heard = co_await client.run(write);
  std::cout << spoken.first().content_type << ": " << heard.text << '\n';
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment().provider("deepinfra");
  if (argc > 1)
    options.base_url(argv[1] + std::string("/deepinfra"));
  if (argc > 2)
    options.ca_file(argv[2]);
  boost::asio::io_context io;
  boost::asio::co_spawn(io, run(weir::client(options)), [](std::exception_ptr e) {
    if (e)
      std::rethrow_exception(e);
  });
  io.run();
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
