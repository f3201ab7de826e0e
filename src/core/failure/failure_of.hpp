// Failures where nothing may be thrown.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include <weir/core/error.hpp>

namespace weir {

/// A failure for where nothing may be thrown: without memory for the words it has the code alone.
failure failure_by(errc code, std::initializer_list<std::string_view> words) noexcept;
/// Gives a failure the provider's id of the request, if it has none and there is memory for it.
void name_request(failure& f, const std::string& id) noexcept;
/// A copy of a failure, or its code alone.
failure copy_of(const failure& f) noexcept;

} // namespace weir
