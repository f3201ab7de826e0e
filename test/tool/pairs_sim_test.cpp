// Every pair of a provider and a task, run by the public client against the simulator over real sockets.
#include <doctest/doctest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <vector>

#include <weir/core/group.hpp>
#include <weir/core/within.hpp>

#include "batch/output/result_json.hpp"
#include "provider/tasks/task_fields.hpp"
#include "sim/server/server.hpp"
#include "tool/pairs.hpp"
#include <weir/client/client.hpp>

using namespace weir;
using namespace weir::test;
namespace asio = boost::asio;

namespace {

class run_result {
public:
  run_result() = default;
  std::string trouble = "it was not run";
};

// What a result lacks; empty if nothing.
std::string missing(const std::any& result) {
  const auto v = result_json(result);
  if (!v.is_object())
    return "no result";
  for (const auto& member : v.get_object()) {
    if (const auto* list = member.value().if_array();
        list && list->empty() && member.key() != "chunks" && member.key() != "coordinates")
      return "an empty " + std::string(member.key());
    if (const auto* text = member.value().if_string(); text && text->empty() && member.key() != "aggregator")
      return "an empty " + std::string(member.key());
  }
  if (const auto* items = codec::array_at(v, "items"))
    for (const auto& item : *items)
      if (codec::uint_at(item, "bytes").value_or(0) == 0 || codec::string_at(item, "content_type").value_or("") == "")
        return "a file without bytes, or of no known type";
  return {};
}

client client_of(const pair_transcript& p, const std::string& url) {
  return client(options().provider(p.vendor).base_url(url + '/' + p.vendor).retry(retry().attempts(1)));
}

// The simulator tells hf-inference's tasks by the model's name.
std::string model_of(const pair_transcript& p) { return "weir/" + std::string(name_of(p.what)); }

asio::awaitable<void> run_one(const pair_transcript& p, std::string url, run_result& out) {
  auto c = client_of(p, url);
  try {
    if (p.what == task_kind::chat) {
      const auto made = co_await c.chat(p.as_chat(model_of(p)));
      out.trouble = made.text().empty() ? "no text" : "";
    } else if (p.what == task_kind::text_generation) {
      const auto made = co_await c.run(p.as_generation(model_of(p)));
      out.trouble = made.text().empty() ? "no text" : "";
    } else {
      const auto made = co_await c.run_any(p.request(model_of(p)));
      out.trouble = missing(made);
    }
  } catch (const error& e) {
    out.trouble = e.what();
  }
}

} // namespace

TEST_CASE("every pair runs end to end against the simulator, and leaves no connection in use") {
  sim::settings how;
  how.tls = false;
  how.tokens = 4;
  how.job = std::chrono::milliseconds(10);
  sim::server_thread server(how);
  std::vector<run_result> results(all_pairs().size());

  asio::io_context io(1);
  const auto play = [&]() -> asio::awaitable<void> {
    group all;
    for (std::size_t i = 0; i < results.size(); ++i)
      all.spawn(run_one(all_pairs()[i], server.url(), results[i]));
    co_await all.join();
  };
  asio::co_spawn(executor(scope::root(io.get_executor())), within(std::chrono::minutes(1), play()),
                 [](std::exception_ptr e) {
                   if (e)
                     std::rethrow_exception(e);
                 });
  io.run();
  for (std::size_t i = 0; i < results.size(); ++i)
    CHECK_MESSAGE(results[i].trouble.empty(), all_pairs()[i].id(), ": ", results[i].trouble);
}
