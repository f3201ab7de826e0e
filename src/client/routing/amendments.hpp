// What a server refuses of a request that is as good without it.
#pragma once

#include <functional>
#include <string>

#include <weir/core/error.hpp>

#include "core/bounded_cache.hpp"
#include "http/message/types.hpp"
#include "provider/dialect.hpp"

namespace weir::inline v0 {

/// Changes the route so that the request is made without what the refusal names: `stream_options`, of `max_tokens` and
/// `max_completion_tokens` the one that is not wanted, or what it says about the prompt cache. False if it is about
/// something else. `refused` makes the request for the route as it then is.
bool amend(provider::route& to, const failure& why, const std::function<http::request()>& refused);

/// What was learnt of servers and models, so that each refuses a call once. Bounded. Thread safety: none.
class known_amendments {
public:
  /// The route as it is to be used; the same if nothing is known.
  provider::route_ptr apply(provider::route_ptr to);
  void keep(const provider::route& to);

private:
  class amended {
  public:
    amended() = default;
    bool without_usage = false;
    provider::limit_name limit = provider::limit_name::as_given;
    provider::refused_caching caching;
  };
  bounded_cache<std::string, amended> all_{256};
};

} // namespace weir::inline v0
