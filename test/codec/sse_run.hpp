// Runs the decoder over parts of a stream the way a reader of sockets would.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "codec/framing/sse.hpp"
#include "codec/sse_reference.hpp"

namespace codec_test {

/// Feeds `part` from a block of its own that is gone afterwards: a view that outlives
/// it is seen by the address sanitizer, and without one as garbage.
inline void feed_and_drain(weir::codec::sse_decoder& decoder, std::string_view part, seen& into) {
  const std::unique_ptr<char[]> block(new char[part.size() + 1]);
  std::memcpy(block.get(), part.data(), part.size());
  decoder.feed(std::string_view(block.get(), part.size()));
  weir::codec::sse_event event;
  while (decoder.next(event))
    note(into, event.type, event.data, decoder.last_id());
  std::memset(block.get(), '?', part.size());
}

inline seen run(const std::vector<std::string_view>& parts) {
  weir::codec::sse_decoder decoder;
  seen result;
  for (const auto part : parts)
    feed_and_drain(decoder, part, result);
  result.last_id = decoder.last_id();
  return result;
}

inline std::vector<std::string_view> bytes_of(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t i = 0; i < text.size(); ++i)
    parts.push_back(text.substr(i, 1));
  return parts;
}

/// A stream as it can be printed.
inline std::string shown(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view hex = "0123456789abcdef";
    const auto u = static_cast<unsigned char>(c);
    if (u >= 0x20 && u < 0x7F)
      out.push_back(c);
    else
      out.append("\\x").append(1, hex[u >> 4]).append(1, hex[u & 15]);
  }
  return out;
}

} // namespace codec_test
