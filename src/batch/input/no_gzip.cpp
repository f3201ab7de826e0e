// Stands in for gzip.cpp where weir is built without zlib.
#include <weir/core/error.hpp>

#include "batch/input/unpack.hpp"

namespace weir::inline v0::input {

std::unique_ptr<unpacker> unpack_gzip(std::string name) {
  throw error(errc::unsupported,
              name + " is packed with gzip, and weir was built without zlib: unpack it first (gzip -dc), or "
                     "install zlib1g-dev (or your system's package of its headers) and build weir again");
}

} // namespace weir::inline v0::input
