#include "tool/interactive/chat_targets.hpp"

#include <exception>
#include <vector>

#include <weir/core/error.hpp>

#include "client/keys/configured_origins.hpp"
#include "client/keys/key_choice.hpp"
#include "client/routing/router.hpp"
#include "provider/dialect.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

std::vector<target> targets_of(const options& o) {
  const auto first = target().provider(o.provider()).base_url(o.base_url()).model(o.model());
  std::vector<target> all;
  for (const auto& choice : o.routing().targets())
    all.push_back(merged(choice.to, first));
  for (const auto& tier : o.tiers().list())
    all.push_back(merged(tier.to, first));
  if (all.empty())
    all.push_back(first);
  for (const auto& to : o.fallback().targets())
    all.push_back(merged(to, first));
  return all;
}

} // namespace

asio::awaitable<void> check_targets_of_chat(options o) {
  o = with_vendor_keys(std::move(o));
  if (!o.unix_socket().empty() && o.base_url().empty())
    o.base_url("http://localhost");
  const configured_origins configured(o);
  std::exception_ptr why;
  for (const auto& to : targets_of(o)) {
    try {
      const auto keys = key_for(o.credentials(), to, configured);
      const auto key = co_await keys.get();
      auto place = place_of(o, configured, to, key);
      if (place.model.empty())
        place.model = "-"; // /model may name one
      (void)provider::resolve(provider::task::chat, place);
      co_return;
    } catch (const error&) {
      if (!why)
        why = std::current_exception();
    }
  }
  std::rethrow_exception(why);
}

} // namespace weir::inline v0::cli
