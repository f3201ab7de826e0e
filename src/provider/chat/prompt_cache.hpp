// What a chat tells a server about its prompt cache (docs/prompt-caching.md).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "provider/chat/common_encode.hpp"

namespace weir::inline v0::provider {

/// The marks that a request carries at the end of its prefixes, as the server of a route takes them.
/// Object lifetimes: refers to the chat.
class prefix_marks {
public:
  prefix_marks(const chat& ask, const route& to);

  /// Marks the last block of `blocks` if message `at` ends a prefix: the last one that may carry a mark, and has none
  /// of its own. Signed reasoning and empty texts may not.
  void mark(codec::json::array& blocks, std::size_t at) const;
  /// Whether a message has to be a list of blocks.
  bool on(std::size_t at) const { return at < marked_.size() && marked_[at]; }
  /// Marks the last tool if the tools are a prefix, where tools can be marked.
  void mark_tools(codec::json::array& tools) const;

private:
  std::string_view member_;
  codec::json::object value_;
  std::vector<bool> marked_; // by message
  bool tools_ = false;
};

/// The id of the conversation as it is sent: as it is if it has at most 64 visible ASCII characters, else a hash of 32.
std::string wire_conversation(std::string_view id);

/// Sets the members that tell OpenAI's chat how long to keep prefixes, and which requests have the same ones. Members
/// of extra_body replace them: merge that afterwards.
void put_caching(codec::json::object& body, const chat& ask, const route& to);
/// The same in the Responses API.
void put_responses_caching(codec::json::object& body, const chat& ask, const route& to);
/// Sets the header that has the conversation's id, unless the user has set it, or the id is in extra_body.
void put_conversation(http::request& r, const chat& ask, const route& to);

} // namespace weir::inline v0::provider
