// Follows a long-running job. Leaving early cancels it at the provider.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

boost::asio::awaitable<void> run(weir::client client) {
  auto job = co_await client.submit(weir::text_to_video("tencent/HunyuanVideo").prompt("Water over a weir"));
  while (auto progress = co_await job.next())
    std::cout << name_of(progress->at) << ' ' << progress->status << '\n';
  auto video = co_await job.result();
  std::cout << video.first().bytes.size() << " bytes, " << video.first().content_type << '\n';
}

int main(int argc, char** argv) try {
  auto options = weir::from_environment().provider("replicate");
  if (argc > 1)
    options.base_url(argv[1] + std::string("/replicate"));
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
