// What a request says of what it may use and how it is to be served.
#pragma once

#include <string>

#include <weir/policy/handler.hpp>
#include <weir/task/usage.hpp>

namespace weir::inline v0 {

/// What a request may use at most. Units that measure the same thing stand side by side: an image and the tokens that
/// it is made of. A unit that the request does not tell of is absent.
class request_bound {
public:
  request_bound() = default;
  usage_units most;
  std::string service_tier, speed; ///< As requested; empty if the request does not say.
};

/// An operation that knows its bound. Thread safety: immutable.
class bounded_operation : public operation {
public:
  virtual const request_bound& bound() const noexcept = 0;
};

} // namespace weir::inline v0
