// Lines of JSON: the same lines however the bytes are split, none of them blank or with an end in it, and no byte
// twice.
#include "codec/framing/ndjson.hpp"

#include <string>

#include "fuzz.hpp"

static std::vector<std::string> lines(const std::vector<std::string_view>& parts) {
  weir::codec::ndjson_splitter splitter;
  std::vector<std::string> found;
  std::string_view line;
  for (const auto part : parts) {
    const std::string bytes(part); // of its own: a view that outlives it is seen by the address sanitizer
    splitter.feed(bytes);
    while (splitter.next(line))
      found.emplace_back(line);
  }
  if (splitter.finish(line))
    found.emplace_back(line);
  return found;
}

FUZZ(in) {
  const auto found = lines({in.text});
  fuzz::hold(found == lines(in.parts()), "a split changes nothing");
  std::size_t bytes = 0;
  for (const auto& line : found) {
    fuzz::hold(line.find('\n') == std::string::npos, "a line has no line end in it");
    fuzz::hold(line.find_first_not_of(" \t\r") != std::string::npos, "a line is not blank");
    bytes += line.size();
  }
  fuzz::hold(bytes <= in.text.size(), "no byte is given twice");
}
