# libzstd as weir::zstd, the same way on every system: Debian's package has no file for CMake, and the names of targets
# in those of others differ.
find_path(WEIR_ZSTD_INCLUDE_DIR zstd.h)
find_library(WEIR_ZSTD_LIBRARY zstd)
mark_as_advanced(WEIR_ZSTD_INCLUDE_DIR WEIR_ZSTD_LIBRARY)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(WeirZstd REQUIRED_VARS WEIR_ZSTD_LIBRARY WEIR_ZSTD_INCLUDE_DIR)
if(WeirZstd_FOUND AND NOT TARGET weir::zstd)
  add_library(weir::zstd UNKNOWN IMPORTED)
  set_target_properties(weir::zstd PROPERTIES IMPORTED_LOCATION ${WEIR_ZSTD_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${WEIR_ZSTD_INCLUDE_DIR})
endif()
