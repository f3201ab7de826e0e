// Without zlib: nothing is compressed.
#include <weir/core/error.hpp>

#include "bench/stats/hdr.hpp"

namespace weir::inline v0::hdr {

std::string compress(std::string bytes) { return bytes; }

std::string decompress(std::string_view) {
  throw error(errc::unsupported, "this histogram is compressed, and this weir was built without zlib");
}

} // namespace weir::inline v0::hdr
