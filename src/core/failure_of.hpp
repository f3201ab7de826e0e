// From an exception to what it means.
#pragma once

#include <exception>

#include <weir/core/error.hpp>

namespace weir {

/// The failure that an exception of an operation stands for: Asio's abortion is errc::cancelled.
failure failure_of(const std::exception_ptr& why);

} // namespace weir
