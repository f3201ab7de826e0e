include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/weir)
# Only a shared weir is looked for when a program starts.
if(BUILD_SHARED_LIBS)
  set_target_properties(weir_testing PROPERTIES INSTALL_RPATH "$ORIGIN")
  if(WEIR_BUILD_TOOL)
    set_target_properties(weir_tool PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
  endif()
endif()
install(TARGETS weir weir_testing EXPORT weirTargets)
install(DIRECTORY include/weir DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT weirTargets NAMESPACE weir:: DESTINATION ${package_dir})
install(FILES LICENSE CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Debian's zsh looks into vendor-completions instead.
set(WEIR_ZSH_DIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "Where to install the completion for zsh")
if(WEIR_BUILD_TOOL)
  install(TARGETS weir_tool)
  # Not there in a cross build that has no emulator.
  set(made ${PROJECT_BINARY_DIR}/share)
  install(DIRECTORY ${made}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL FILES_MATCHING PATTERN "*.1")
  install(FILES ${made}/completions/weir DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions OPTIONAL)
  install(FILES ${made}/completions/weir.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d OPTIONAL)
  install(FILES ${made}/completions/_weir DESTINATION ${WEIR_ZSH_DIR} OPTIONAL)
endif()

configure_package_config_file(cmake/weirConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/weirConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/weirConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  cmake/FindWeirNghttp2.cmake
  cmake/FindWeirZstd.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/weirConfig.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/weirConfigVersion.cmake
  DESTINATION ${package_dir})

# For builds without CMake. A static weir names what it needs: the very files that it was compiled against.
file(RELATIVE_PATH up ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" up "${up}")
set(boost_include)
foreach(directory IN LISTS Boost_INCLUDE_DIRS)
  if(NOT directory IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
    string(APPEND boost_include " -I${directory}")
  endif()
endforeach()
set(libraries)
get_target_property(kind weir TYPE)
if(kind STREQUAL "STATIC_LIBRARY")
  set(dependencies Boost::json Boost::url OpenSSL::SSL OpenSSL::Crypto)
  if(SQLite3_FOUND)
    list(APPEND dependencies SQLite::SQLite3)
  endif()
  if(WeirNghttp2_FOUND)
    list(APPEND dependencies weir::nghttp2)
  endif()
  if(ZLIB_FOUND)
    list(APPEND dependencies ZLIB::ZLIB)
  endif()
  if(WeirZstd_FOUND)
    list(APPEND dependencies weir::zstd)
  endif()
  foreach(dependency IN LISTS dependencies)
    string(APPEND libraries " $<TARGET_LINKER_FILE:${dependency}>")
  endforeach()
endif()
configure_file(cmake/weir.pc.in ${CMAKE_CURRENT_BINARY_DIR}/weir.pc.in @ONLY)
file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/weir.pc INPUT ${CMAKE_CURRENT_BINARY_DIR}/weir.pc.in)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/weir.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
