#include "client/routing/router.hpp"

#include <cstdlib>

#include "client/keys/key_choice.hpp"
#include "http/message/url.hpp"
#include "provider/mapping.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// Whether the Hub has to name the model.
bool wants_default(provider::task what, const target& to) {
  const bool open = to.provider().empty() || to.provider() == "auto" || to.provider() == "hf-inference";
  return what != provider::task::chat && open && to.model().empty() && to.base_url().empty();
}

} // namespace

target router::first_target(const std::string& model) const {
  if (http::is_url(model) && !options_->model_urls())
    throw error(errc::invalid_argument,
                "the request's model is a URL, and a request may not choose the server: give the URL to "
                "options::model() or options::base_url(), or allow it with options::model_urls(true)");
  return target()
      .provider(options_->provider())
      .base_url(options_->base_url())
      .model(model.empty() ? options_->model() : model);
}

// The key that the Hub is called with.
secret router::hub_key(const target& to) const {
  const auto& keys = options_->credentials();
  if (!to.key().empty() && keys.named(to.key()).starts_with("hf_"))
    return keys.named(to.key());
  return keys.default_key() ? keys.default_key() : keys.hugging_face();
}

provider::route router::route(provider::task what, const target& given) const {
  auto to = given;
  if (to.base_url().empty() && !http::is_url(to.model()))
    to.base_url(provider::server_url(to.provider(), [](const char* name) { return std::getenv(name); }));
  provider::target t;
  t.provider = to.provider();
  t.model = to.model();
  t.base_url = to.base_url();
  t.key = key_for(options_->credentials(), to, configured_);
  const bool chosen = chosen_by_request(to, configured_);
  if (!chosen)
    t.bill_to = options_->bill_to();
  auto r = provider::resolve(what, t);
  r.key_place = place_of_key(to.key(), r.provider);
  if (!chosen)
    for (const auto& [name, value] : options_->headers())
      r.headers.set(name, value);
  return r;
}

asio::awaitable<provider::route> router::mapped_route(provider::task what, target to) {
  if (wants_default(what, to)) {
    const auto body = co_await hub_.ask(to.key(), hub_key(to), std::string(provider::tasks_target), {});
    to.model(provider::default_model(body, what)).provider("hf-inference");
  }
  auto r = route(what, to);
  if (r.needs_mapping) {
    const auto path = provider::mapping_target(r.requested_model);
    const auto body = co_await hub_.ask(to.key(), hub_key(to), path, r.requested_model);
    try {
      provider::apply_mapping(r, provider::parse_mapping(body, to.provider(), what));
    } catch (const error& e) {
      if (e.code() == errc::malformed_response)
        hub_.forget(to.key(), path);
      throw;
    }
  }
  co_return r;
}

} // namespace weir::inline v0
