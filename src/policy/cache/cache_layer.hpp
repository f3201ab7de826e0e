// The layer that answers calls from the response cache.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <weir/policy/handler.hpp>
#include <weir/policy/response_cache.hpp>

namespace weir::inline v0 {

/// What the layer has to know of a call, and only the client can tell: what it sends, and where.
class cache_keys {
public:
  virtual ~cache_keys() = default;
  /// The key of what the call asks; empty for a call that is not cached. `any_temperature`: also if it asks for another
  /// answer every time. The call must outlive the wait. Errors: none; what is wrong with the call, it says itself.
  virtual boost::asio::awaitable<std::optional<std::string>> key_of(const call& c, bool any_temperature) = 0;
  /// Whether an answer of the target `by` is one to a call to `to`; that of a fallback is not.
  virtual bool belongs(const target& to, const target& by) const = 0;
  /// Whether a finish reason says that the answer is complete, as far as is known.
  virtual bool is_complete(std::string_view finish_reason) const = 0;
};

/// Goes above everything that limits, routes, tries or counts calls. No layer without a cache. What it runs in the
/// background ends with it. `keys` may share no ownership with the layers below.
layer make_response_cache(std::shared_ptr<response_cache> cache, std::shared_ptr<cache_keys> keys);

} // namespace weir::inline v0
