// Where a call goes, and with which key.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

#include <weir/client/options.hpp>
#include <weir/task/target.hpp>

#include "client/keys/configured_origins.hpp"
#include "client/routing/amendments.hpp"
#include "client/routing/hub_directory.hpp"
#include "core/bounded_cache.hpp"
#include "provider/dialect.hpp"

namespace weir::inline v0 {

/// What decides where a call to `to` goes: the target, its key, and what the options say about its server.
provider::target place_of(const options& o, const configured_origins& configured, const target& to, const secret& key);

/// From a request's model to the route of its call: the options' targets and keys, the Hub's mapping, and what was
/// learnt of servers. Object lifetimes: must outlive its awaitables. Thread safety: none; the client's strand.
class router {
public:
  router(std::shared_ptr<const options> settings, configured_origins configured, std::shared_ptr<transport> via)
      : options_(std::move(settings)), configured_(std::move(configured)), hub_(std::move(via)) {}

  /// Whether the options added a vendor of that name.
  bool has_added(std::string_view id) const { return configured_.vendors().find(id) != nullptr; }
  /// The names of the vendors that the options added.
  std::vector<std::string> added() const { return configured_.vendors().names(); }

  const options& settings() const noexcept { return *options_; }
  known_amendments& amendments() noexcept { return amendments_; }

  /// The target of a request that names this model: the options' one, with the key of the request's own options.
  /// \throws weir::error errc::invalid_argument for a URL, unless the options allow that, and for wrong options.
  target first_target(const std::string& model, const call_options& own) const;
  /// Where a call goes, and with which key: if a callback issues it, the last one, or a placeholder for people.
  /// \throws weir::error (condition::configuration).
  provider::route route(provider::task what, const target& to, const call_options& own = call_options()) const;
  /// The key of calls to a target.
  key_source key_of(const target& to, const call_options& own) const;
  /// The same, with the Hub queried for what is needed: the vendor's name of the model, and, where no model is
  /// named for a task but chat, the one that the Hub recommends.
  /// `own` must outlive the wait.
  boost::asio::awaitable<provider::route_ptr> mapped_route(provider::task what, target to, const call_options& own);
  /// What mapped_route() found for the same target before, if nothing about it can have changed since; else nullptr.
  provider::route_ptr known_route(provider::task what, const target& to, const call_options& own);

private:
  const std::string& name_route(provider::task what, const target& to);
  boost::asio::awaitable<secret> hub_key(target to, const call_options& own) const;

  const std::shared_ptr<const options> options_;
  const configured_origins configured_;
  known_amendments amendments_;
  bounded_cache<std::string, provider::route_ptr> routes_{1024};
  std::string route_name_; // Of name_route(): made anew at every call.
  hub_directory hub_;
};

} // namespace weir::inline v0
