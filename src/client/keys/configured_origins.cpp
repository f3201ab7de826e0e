#include "client/keys/configured_origins.hpp"

#include <cstdlib>

#include "http/message/url.hpp"
#include "provider/dialect.hpp"

namespace weir::inline v0 {

namespace {

void check_own_server(const options& o) {
  if (o.key_header().empty() && !o.key_scheme() && o.query().empty())
    return;
  if (o.base_url().empty() && !http::is_url(o.model()))
    throw error(errc::invalid_configuration,
                "key_header, key_scheme and query are for the server that base_url names, and none is named: set "
                "base_url, or give them to a vendor of your own");
  if (!o.key_header().empty())
    provider::check_key_header("", o.key_header());
  if (o.key_scheme())
    provider::check_key_scheme("", *o.key_scheme());
  provider::check_query("", o.query());
}

} // namespace

configured_origins::configured_origins(const options& o) : vendors_(o.vendors()) {
  check_own_server(o);
  const auto first = target().provider(o.provider()).base_url(o.base_url()).model(o.model());
  add_target(first);
  for (const auto& to : o.fallback().targets())
    add_target(merged(to, first));
  for (const auto& choice : o.routing().targets())
    add_target(merged(choice.to, first));
  for (const auto& tier : o.tiers().list())
    add_target(merged(tier.to, first));
}

bool configured_origins::has_url(std::string_view url) const { return has(http::parse_url(url).origin); }

void configured_origins::add(const net::origin& to) {
  if (texts_.insert(to.text()).second)
    all_.push_back(to);
}

// What is no URL is refused where the target is used, with its place.
void configured_origins::add_url(std::string_view url) {
  try {
    add(http::parse_url(url).origin);
  } catch (const error&) {
  }
}

void configured_origins::add_target(const target& to) {
  const auto server = provider::server_url(to.provider(), [](const char* name) { return std::getenv(name); });
  if (!to.base_url().empty())
    add_url(to.base_url());
  else if (http::is_url(to.model()))
    add_url(to.model());
  else if (!server.empty())
    add_url(server);
  else if (const auto added = vendors_.find(to.provider()))
    add_url(added->server);
  else
    for (const auto& origin : provider::origins_of(to.provider()))
      add(origin);
}

} // namespace weir::inline v0
