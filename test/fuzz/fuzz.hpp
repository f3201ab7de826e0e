// What the harnesses share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "codec/seeds.hpp"

namespace fuzz {

/// Ends the process where an invariant does not hold.
inline void hold(bool invariant, const char* words) {
  if (invariant)
    return;
  std::fprintf(stderr, "broken invariant: %s\n", words);
  std::abort();
}

/// An input: two bytes that steer the harness, and the text.
class input {
public:
  input(const std::uint8_t* data, std::size_t size) : text(reinterpret_cast<const char*>(data), size) {
    kind = take();
    seed = take();
  }
  /// The text in parts, cut as the seed says.
  std::vector<std::string_view> parts() const {
    codec_test::dice d(seed);
    return codec_test::random_parts(text, d);
  }

  unsigned kind = 0;
  unsigned seed = 0;
  std::string_view text;

private:
  unsigned take() {
    if (text.empty())
      return 0;
    const auto byte = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    return byte;
  }
};

} // namespace fuzz

#define FUZZ(in)                                                                                                       \
  static void run(const fuzz::input&);                                                                                 \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {                                  \
    run(fuzz::input(data, size));                                                                                      \
    return 0;                                                                                                          \
  }                                                                                                                    \
  static void run(const fuzz::input& in)
