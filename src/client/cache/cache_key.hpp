// The key of what a request asks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message/types.hpp"
#include "provider/dialect.hpp"

namespace weir::inline v0 {

/// What a key is made of beside the request itself. Each part changes it.
class key_parts {
public:
  key_parts() = default;
  std::string_view task;               ///< operation::name()
  std::string_view form;               ///< What else decides about the form of an answer.
  std::string_view provider;           ///< Its id.
  std::string_view scope;              ///< Whose credential it is: see credential_scope().
  std::string_view place;              ///< What decides about the server besides the URL, and who is known there.
  std::string_view tenant;             ///< call_options::tenant()
  std::vector<std::string> among;      ///< The targets that the client chooses from.
  std::string_view body;               ///< canonical_body::text
  const http::request* sent = nullptr; ///< Its method, origin, target and headers count.
};

/// A key in 64 hexadecimal digits, from which nothing can be read. Headers that are the request's own (ids, traces,
/// names of conversations) do not count.
std::string cache_key(const key_parts& p);

/// What tells credentials apart: the name of a key that has one, and else a digest of the key, which only ever goes
/// into another digest: of the one that a callback issued last. Empty if it has issued none yet.
std::string credential_scope(std::string_view name, const provider::route& to);

} // namespace weir::inline v0
