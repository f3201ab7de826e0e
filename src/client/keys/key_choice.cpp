#include "client/keys/key_choice.hpp"

#include <cstdlib>

#include "client/keys/key_text.hpp"
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
  return configured.vendors().find(to.provider()) ? key_source() : keys.hugging_face();
}

options with_vendor_keys(options o) {
  for (const auto& v : o.vendors())
    for (const auto& variable : v.key_variables()) {
      const char* text = o.credentials().vendor(v.name()) ? nullptr : std::getenv(variable.c_str());
      if (!text)
        continue;
      auto key = key_from(text, variable);
      reject_short_key(key, variable);
      if (key)
        o.credentials(credentials(o.credentials()).vendor(v.name(), std::move(key)));
    }
  return o;
}

std::string place_of_key(const std::string& name, const std::string& provider,
                         const std::vector<std::string>& variables) {
  if (!name.empty())
    return name;
  std::string all;
  for (const auto& variable : variables)
    all += (all.empty() ? "" : " or ") + variable;
  return all.empty() ? "the key for " + provider : all;
}

} // namespace weir::inline v0
