// Keeps credentials out of what is said of a server's answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::provider {

class route;

/// Strikes a route's credentials (its key, and what its headers carry) out of what the server sent: as they are, with
/// percent signs, as in JSON, and in base64, alone or as a part of something longer. Thread safety: immutable.
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

} // namespace weir::provider
