// weir among the clients of benchmarks/compare.
#include <weir/weir.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <exception>
#include <utility>

#include "task.hpp"

namespace asio = boost::asio;

namespace {

class progress {
public:
  explicit progress(const compare::task& t) : todo(t), left(t.calls) {}
  const compare::task& todo;
  std::uint64_t left, count = 0, complete = 0;
};

asio::awaitable<void> stream(weir::client& client, progress& at) {
  auto reply = co_await client.stream(weir::chat(at.todo.model).user("Hello"));
  std::uint64_t tokens = 0;
  while (auto event = co_await reply.next())
    tokens += event->is_token() && !event->content().empty();
  at.count += tokens;
  at.complete += reply.outcome() == weir::outcome::complete && reply.finish_reason() == "stop" &&
                 tokens == at.todo.tokens && reply.usage().completion_tokens == tokens;
}

asio::awaitable<void> call(weir::client& client, progress& at) {
  while (at.left > 0) {
    --at.left;
    const auto answer = co_await client.run(weir::chat(at.todo.model).user("Hello"));
    ++at.count;
    at.complete += answer.finish_reason() == "stop" && !answer.text().empty() && answer.usage.completion_tokens > 0u;
  }
}

asio::awaitable<void> all(weir::client& client, progress& at) {
  weir::group group;
  for (std::uint64_t i = 0; i < at.todo.parallel(); ++i)
    group.spawn(at.todo.streamed ? stream(client, at) : call(client, at));
  co_await group.join();
}

} // namespace

int main(int argc, char** argv) try {
  const compare::task todo(argc, argv);
  weir::options options;
  options.base_url(todo.url + "/v1").ca_file(todo.ca_file).proxy("none").max_connections(todo.parallel());
  options.connect_timeout(std::chrono::minutes(1));
  asio::io_context io(1);
  weir::client client(std::move(options));
  progress at(todo);
  asio::co_spawn(io, all(client, at), [](std::exception_ptr e) {
    if (e)
      std::rethrow_exception(e);
  });
  io.run();
  if (at.complete != (todo.streamed ? todo.streams : todo.calls))
    throw std::runtime_error("not all answers were complete");
  compare::report(at.count);
} catch (const std::exception& e) {
  std::fprintf(stderr, "weir: %s\n", e.what());
  return 1;
}
