// The compressed envelope, by zlib.
#include <zlib.h>

#include <new>

#include <weir/core/error.hpp>

#include "bench/stats/hdr.hpp"

namespace weir::inline v0::hdr {

namespace {

// A header and a number of at most 9 bytes for each count.
constexpr std::size_t most = 40 + 9 * places;

} // namespace

std::string compress(std::string bytes) {
  auto size = ::compressBound(static_cast<uLong>(bytes.size()));
  std::string packed(size, '\0');
  if (::compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                  static_cast<uLong>(bytes.size()), Z_DEFAULT_COMPRESSION) != Z_OK)
    throw std::bad_alloc();
  packed.resize(size);
  std::string all;
  put(all, compressed_cookie, 4);
  put(all, packed.size(), 4);
  return all + packed;
}

std::string decompress(std::string_view bytes) {
  const auto cookie = take(bytes, 4);
  if (cookie != compressed_cookie || take(bytes, 4) != bytes.size())
    throw error(errc::invalid_argument, "not a histogram that weir reads: its envelope is not HdrHistogram's V2");
  std::string plain(most, '\0');
  auto size = static_cast<uLongf>(plain.size());
  const int r = ::uncompress(reinterpret_cast<Bytef*>(plain.data()), &size,
                             reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()));
  if (r == Z_MEM_ERROR)
    throw std::bad_alloc();
  if (r != Z_OK)
    throw error(errc::invalid_argument, "not a histogram that weir reads: it cannot be decompressed");
  plain.resize(size);
  return plain;
}

} // namespace weir::inline v0::hdr
