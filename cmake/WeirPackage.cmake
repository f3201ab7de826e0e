# The Debian package that cpack makes of an install below /usr: one for library, headers and command. The library is
# static unless BUILD_SHARED_LIBS says otherwise, so a program that was built with it does not need the package to run.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME weir)
if(NOT DEFINED CPACK_PACKAGE_CONTACT)
  set(CPACK_PACKAGE_CONTACT "the weir developers")
endif()
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "client for LLM inference providers: library and command")
set(CPACK_PACKAGE_DESCRIPTION "A C++20 library on Boost.Asio, and a command, that stream chats and run the
tasks of the Hugging Face Hub at many providers, with deadlines, retries, rate
limits and fallbacks.
To compile programs with it, the recommended packages are needed.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/debian_tree.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
include(CPack)
