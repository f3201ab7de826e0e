#include "client/keys/key_text.hpp"

#include <string>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

namespace {

constexpr std::size_t shortest_key = 8;

} // namespace

secret key_from(std::string_view text, std::string_view place) {
  try {
    return secret(text);
  } catch (const error& e) {
    throw error(errc::malformed_key, std::string(place) + ": " + e.failure().message());
  }
}

void reject_short_key(const secret& key, std::string_view place) {
  // Hugging Face's are known by how they begin.
  if (key && !key.starts_with("hf_") && key.reveal().size() < shortest_key)
    throw error(errc::malformed_key, std::string(place) + ": the key has fewer than " + std::to_string(shortest_key) +
                                         " characters: unset it if the server wants none, else copy it again");
}

} // namespace weir::inline v0
