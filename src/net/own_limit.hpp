// Local failures: what the process, or the machine, has run out of.
#pragma once

#include <string>

#include <weir/core/error.hpp>

namespace weir::inline v0::net {

/// Whether an error of a system call means that: descriptors, memory, and the like.
bool is_own_limit(const error_code& ec) noexcept;

/// errc::out_of_resources: `what` failed, and what to do about it.
error own_limit(const std::string& what, const error_code& ec);

/// The error that opening a socket gives in this process now; none if it succeeds. For calls that do not say why
/// they failed.
error_code socket_limit() noexcept;

} // namespace weir::inline v0::net
