// A request's body as what it asks, whatever the order of its members.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace weir::inline v0 {

/// What a body says about its answer.
class canonical_body {
public:
  canonical_body() = default;
  std::string text; ///< Members sorted by name, numbers as they are written, without what changes no answer.
  /// The temperature is 0, or there is a seed: the same answer is wanted every time.
  bool deterministic = false;
};

/// The canonical form of a JSON body; empty for one that is none.
///
/// Left out at the root: how the answer is delivered (`stream`, `stream_options`), for whom (`user`,
/// `safety_identifier`, `metadata`), and what is for the provider's prompt cache (`prompt_cache_key` and its like).
/// Left out of messages, tools and their parts: the marks of the prompt cache. A text that stands alone and one that is
/// the only part of a list are the same, because a mark makes the one into the other.
std::optional<canonical_body> canonical(std::string_view body);

} // namespace weir::inline v0
