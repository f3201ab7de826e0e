// What a provider's front sends, of the sizes and with the members of OpenAI's own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::test {

enum class variant {
  plain,      ///< Only the token differs.
  obfuscated, ///< A padding of random length, and an id of its own, in every event.
  reasoning,  ///< Tokens of the model's reasoning.
  logprobs,   ///< Each token with its probability and two alternatives.
};

/// The chunks of a stream with that many tokens, `each` events a chunk; the first has the head, the last the end.
std::vector<std::string> stream_pieces(variant v, std::size_t tokens, std::size_t each);
/// A complete answer of 1 KB.
std::string whole_answer(std::string_view connection);

} // namespace weir::inline v0::test
