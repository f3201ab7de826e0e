// What the Hub knows: who serves a model, and which model a task is best begun with.
#include <boost/asio/this_coro.hpp>

#include <weir/core/executor.hpp>

#include "client/transport/limited.hpp"
#include "client/transport/transport.hpp"
#include "http/message/redirect.hpp"
#include "provider/mapping.hpp"

namespace weir {

namespace asio = boost::asio;

namespace {

constexpr std::size_t moved_body_limit = 64u << 10;
constexpr std::size_t answer_limit = 8u << 20;
constexpr int max_redirects = 3;
constexpr std::size_t max_known = 1024;
// Well within the hour that the router takes to notice a change (docs/providers.md, "Lists of models").
constexpr auto lifetime = std::chrono::minutes(10);
constexpr auto wait = std::chrono::seconds(30);

// Whether the Hub is to name the model.
bool wants_default(provider::task what, const target& to) {
  const bool open = to.provider().empty() || to.provider() == "auto" || to.provider() == "hf-inference";
  return what != provider::task::chat && open && to.model().empty() && to.base_url().empty();
}

} // namespace

asio::awaitable<provider::route> transport::mapped_route(provider::task what, target to) {
  if (wants_default(what, to)) {
    const auto body = co_await ask_hub(std::string(provider::tasks_target), {}, to);
    to.model(provider::default_model(body, what)).provider("hf-inference");
  }
  auto r = route(what, to);
  if (r.needs_mapping) {
    const auto path = provider::mapping_target(r.requested_model);
    const auto body = co_await ask_hub(path, r.requested_model, to);
    try {
      provider::apply_mapping(r, provider::parse_mapping(body, to.provider(), what));
    } catch (const error& e) {
      if (e.code() == errc::malformed_response)
        known_.erase({to.key(), path});
      throw;
    }
  }
  co_return r;
}

asio::awaitable<std::string> transport::ask_hub(std::string path, std::string model, target to) {
  const auto& clock = time_of(co_await asio::this_coro::executor);
  const auto entry = std::make_pair(to.key(), path);
  if (const auto it = known_.find(entry); it != known_.end() && clock.now() < it->second.until)
    co_return it->second.body;
  const auto self = shared_from_this();
  auto looking = fetch_from_hub(std::move(path), std::move(model), hub_key(to));
  auto body =
      co_await limited(wait, std::move(looking), errc::stalled, "the Hub did not say in time who serves the model");
  if (known_.size() >= max_known)
    known_.clear();
  auto& kept = known_[entry];
  kept.body = body;
  kept.until = after(clock.now(), lifetime);
  co_return body;
}

asio::awaitable<std::string> transport::fetch_from_hub(std::string path, std::string model, secret key) {
  const auto& clock = time_of(co_await asio::this_coro::executor);
  // The Hub moves renamed models; the key stays within its origin.
  http::redirects place(http::parse_url(hub_url() + path), max_redirects, http::redirects::reach::same_origin);
  provider::route to;
  to.provider = "hub";
  to.requested_model = model;
  to.to = place.at().origin;
  if (key.starts_with("hf_"))
    to.auth = http::credential("authorization", "Bearer", key.bound_to(to.to.text()));

  for (;;) {
    http::request request;
    request.method = "GET";
    request.to = to.to;
    request.target = place.at().target;
    request.auth = to.auth;
    auto record = std::make_shared<attempt>();
    http::reader_limits limits;
    limits.body = answer_limit;
    auto call = co_await open(to, std::move(request), limits, duration(), record, clock.now());
    const int status = call.head.status;
    if (place.follow(call.head)) {
      co_await read_body(call, moved_body_limit);
      continue;
    }
    if (status / 100 != 2) {
      const auto why = co_await refusal(std::move(call));
      throw error(why);
    }
    co_return co_await read_body(call, answer_limit);
  }
}

} // namespace weir
