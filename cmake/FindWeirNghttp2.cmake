# libnghttp2 as weir::nghttp2, the same way on every system: its packages differ in what they have for CMake. One that
# does not limit CONTINUATION frames (CVE-2024-28182) is not taken.
find_path(WEIR_NGHTTP2_INCLUDE_DIR nghttp2/nghttp2.h)
find_library(WEIR_NGHTTP2_LIBRARY nghttp2)
mark_as_advanced(WEIR_NGHTTP2_INCLUDE_DIR WEIR_NGHTTP2_LIBRARY)
if(WEIR_NGHTTP2_INCLUDE_DIR)
  file(STRINGS ${WEIR_NGHTTP2_INCLUDE_DIR}/nghttp2/nghttp2.h WEIR_NGHTTP2_LIMITED
    REGEX "nghttp2_option_set_max_continuations" LIMIT_COUNT 1)
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(WeirNghttp2
  REQUIRED_VARS WEIR_NGHTTP2_LIBRARY WEIR_NGHTTP2_INCLUDE_DIR WEIR_NGHTTP2_LIMITED
  REASON_FAILURE_MESSAGE "HTTP/2 needs a libnghttp2 with nghttp2_option_set_max_continuations()")
if(WeirNghttp2_FOUND AND NOT TARGET weir::nghttp2)
  add_library(weir::nghttp2 UNKNOWN IMPORTED)
  set_target_properties(weir::nghttp2 PROPERTIES IMPORTED_LOCATION ${WEIR_NGHTTP2_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${WEIR_NGHTTP2_INCLUDE_DIR})
endif()
