// Failures where nothing may throw.
#pragma once

#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

/// The failure of a callback of the user's: failure_of(), with the words of an exception as they are.
failure failure_of_callback(const std::exception_ptr& why);

/// Makes a failure where nothing may throw: if there is no memory for the message, it has only the code.
failure failure_by(errc code, std::initializer_list<std::string_view> words) noexcept;
/// Sets a failure's request id, the provider's, if it has none and there is memory for it.
void name_request(failure& f, const std::string& id) noexcept;
/// A copy of a failure, or its code alone.
failure copy_of(const failure& f) noexcept;

} // namespace weir::inline v0
