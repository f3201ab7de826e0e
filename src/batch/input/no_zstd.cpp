// Stands in for zstd.cpp where weir is built without libzstd.
#include <weir/core/error.hpp>

#include "batch/input/unpack.hpp"

namespace weir::inline v0::input {

std::unique_ptr<unpacker> unpack_zstd(std::string name) {
  throw error(errc::unsupported,
              name + " is packed with zstd, and weir was built without libzstd: unpack it first (zstd -dc), or "
                     "install libzstd-dev (or your system's package of its headers) and build weir again");
}

} // namespace weir::inline v0::input
