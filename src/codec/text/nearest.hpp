// The name that was meant by one that is not known, for error messages.
#pragma once

#include <string_view>
#include <vector>

namespace weir::inline v0::codec {

/// The one of `known`, in lower case, that a person who wrote `given` most likely meant: the one with the
/// fewest letters to change, add, leave out or swap with their neighbour, whatever the case of `given`. Empty if these
/// are more than a third of `given`, and more than one.
std::string_view nearest(std::string_view given, const std::vector<std::string_view>& known);

} // namespace weir::inline v0::codec
