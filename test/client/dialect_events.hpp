// Streams of the dialects that are not OpenAI's, byte for byte.
#pragma once

#include <string>
#include <vector>

namespace weir::inline v0::test {

class dialect_stream {
public:
  dialect_stream(std::string id, std::string path, std::vector<std::string> events, std::size_t last)
      : id(std::move(id)), path(std::move(path)), events(std::move(events)), last(last) {}
  std::string id;
  std::string path; ///< Of a streamed chat with the model `m`.
  std::vector<std::string> events;
  std::size_t last; ///< The answer is complete with this event.
};

/// One short answer of these tokens in each dialect.
std::vector<dialect_stream> dialect_streams(const std::vector<std::string>& tokens);

/// The head of a chunked stream of lines of JSON.
inline const std::string lines_head =
    "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n";

} // namespace weir::inline v0::test
