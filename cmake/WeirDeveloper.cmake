# Switches for those who work on weir itself. A consumer's build sees the
# function below and nothing else: no flag, launcher or linker is forced on it.

option(WEIR_WERROR "Treat warnings as errors" OFF)
option(WEIR_PRECOMPILE "Precompile what most sources of the library include" OFF)
set(WEIR_SANITIZE "" CACHE STRING "Sanitizers to build with, as given to -fsanitize=")
option(WEIR_FUZZ "Build the harnesses of test/fuzz as fuzzers (clang)" OFF)

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
  endif()
  find_program(WEIR_CCACHE ccache)
  if(WEIR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Precompiled headers need the sloppiness: see "Precompiled headers" in ccache(1). Without the folder's name in the
    # hash, what is built here serves other builds of the same sources, as far below them: other clones, and the one of
    # test/consumers/fetched.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${WEIR_CCACHE})
  endif()
  find_program(WEIR_MOLD mold)
  if(WEIR_MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
  if(WEIR_SANITIZE)
    add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${WEIR_SANITIZE})
  endif()
  if(WEIR_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
endif()

# The flags of every target of this project.
function(weir_target name)
  target_compile_features(${name} PUBLIC cxx_std_20)
  set_target_properties(${name} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic)
  # g++ 12 warns falsely about what it inlines at -O2 and -O3 (GCC PR 105329, 105651): a literal plus a string is
  # enough.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${name} PRIVATE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow
      -Wno-stringop-overread -Wno-maybe-uninitialized)
  endif()
  if(WEIR_WERROR)
    target_compile_options(${name} PRIVATE -Werror)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(${name} PRIVATE -fpch-instantiate-templates)
  endif()
endfunction()

# A library that programs and other libraries link, static or shared (BUILD_SHARED_LIBS).
function(weir_library name)
  if(NOT DEFINED CMAKE_POSITION_INDEPENDENT_CODE)
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # As clang does: no function of ours is replaced from outside, so that they can be inlined.
    target_compile_options(${name} PRIVATE -fno-semantic-interposition)
  endif()
  # Public headers mark what they declare: <weir/detail/abi.hpp>.
  if(BUILD_SHARED_LIBS)
    set_target_properties(${name} PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  endif()
  set_target_properties(${name} PROPERTIES
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
endfunction()
