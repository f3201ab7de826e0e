#include "client/routing/hub_directory.hpp"

#include <boost/asio/this_coro.hpp>

#include <cstdlib>

#include <weir/core/executor.hpp>

#include "client/transport/fetch.hpp"
#include "client/transport/limited.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

constexpr std::size_t answer_limit = 8u << 20;
constexpr int max_redirects = 3;
// Well within the hour in which the Hub notices that a vendor is gone (docs/providers.md, "Mapping").
constexpr auto lifetime = std::chrono::minutes(10);
constexpr auto wait = std::chrono::seconds(30);

} // namespace

std::string hub_url() {
  const char* given = std::getenv("HF_ENDPOINT");
  return given && *given ? given : "https://huggingface.co";
}

asio::awaitable<std::string> hub_directory::ask(std::string key_name, secret key, std::string path, std::string model) {
  const auto& clock = time_of(co_await asio::this_coro::executor);
  const auto name = std::make_pair(std::move(key_name), path);
  if (const auto* known = known_.find(name); known && clock.now() < known->until)
    co_return known->body;
  auto looking = fetch(via_, std::move(path), std::move(model), std::move(key));
  auto body =
      co_await limited(wait, std::move(looking), errc::stalled, "the Hub did not say in time who serves the model");
  auto& kept = known_.at(name);
  kept.body = body;
  kept.until = after(clock.now(), lifetime);
  co_return body;
}

asio::awaitable<std::string> hub_directory::fetch(std::shared_ptr<transport> via, std::string path, std::string model,
                                                  secret key) {
  // The Hub moves renamed models; the key stays within its origin.
  http::redirects place(http::parse_url(hub_url() + path), max_redirects, http::redirects::reach::same_origin);
  provider::route to;
  to.provider = "hub";
  to.requested_model = std::move(model);
  to.to = place.at().origin;
  if (key.starts_with("hf_"))
    to.auth = http::credential("authorization", "Bearer", key.bound_to(to.to.text()));
  auto call = co_await get(via, std::move(to), place, {}, answer_limit, head_limit());
  call = co_await accepted(std::move(call));
  auto body = co_await read_body(*call, answer_limit);
  co_return body;
}

} // namespace weir::inline v0
