#include "client/keys/key_choice.hpp"

#include "http/message/url.hpp"
#include "provider/dialect.hpp"

namespace weir::inline v0 {

namespace {

bool has_url_as_model(const target& to) { return to.base_url().empty() && http::is_url(to.model()); }

} // namespace

bool chosen_by_request(const target& to, const configured_origins& configured) {
  return has_url_as_model(to) && !configured.has_url(to.model());
}

key_source key_for(const credentials& keys, const target& to, const configured_origins& configured) {
  const auto& url = has_url_as_model(to) ? to.model() : to.base_url();
  if (chosen_by_request(to, configured) || (to.key().empty() && !url.empty() && !configured.has_url(url)))
    return {};
  if (!to.key().empty())
    return keys.named(to.key());
  if (keys.default_key())
    return keys.default_key();
  if (!url.empty())
    return provider::takes_hub_token(url) ? keys.hugging_face() : key_source();
  if (const auto& own = keys.vendor(to.provider()))
    return own;
  return keys.hugging_face();
}

std::string place_of_key(const std::string& name, const std::string& provider) {
  if (!name.empty())
    return name;
  std::string all;
  for (const auto& variable : provider::key_variables(provider))
    all += (all.empty() ? "" : " or ") + variable;
  return all.empty() ? "the key for " + provider : all;
}

} // namespace weir::inline v0
