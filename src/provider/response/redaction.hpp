// Keeps credentials out of what is reported from a server's responses.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::provider {

class route;

/// Removes a route's credentials (its key, and those in its headers) from text that the server sent: verbatim,
/// percent-encoded, JSON-escaped, and in base64, alone or inside something longer. Thread safety: immutable.
class redaction {
public:
  explicit redaction(const route& to);
  redaction(const redaction&) = delete;
  redaction& operator=(const redaction&) = delete;
  ~redaction();

  std::string operator()(std::string text) const;

private:
  class struck;
  std::vector<struck> all_;
};

} // namespace weir::inline v0::provider
