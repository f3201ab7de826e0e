// From an exception to what it means.
#pragma once

#include <exception>
#include <initializer_list>
#include <string_view>

#include <weir/core/error.hpp>

namespace weir {

/// The failure that an exception of an operation stands for: Asio's abortion is errc::cancelled.
failure failure_of(const std::exception_ptr& why);

/// A failure for where nothing may be thrown: without memory for the words it has the code alone.
failure failure_by(errc code, std::initializer_list<std::string_view> words) noexcept;
/// Gives a failure the provider's id of the request, if it has none and there is memory for it.
void name_request(failure& f, const std::string& id) noexcept;
/// A copy of a failure, or its code alone.
failure copy_of(const failure& f) noexcept;

} // namespace weir
