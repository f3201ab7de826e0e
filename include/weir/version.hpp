// The version of weir: the one place where it is written.
#pragma once

#include <string_view>

#include <weir/detail/abi.hpp>

#define WEIR_VERSION_MAJOR 0
#define WEIR_VERSION_MINOR 1
#define WEIR_VERSION_PATCH 0

WEIR_BEGIN_NAMESPACE

/// The version of the headers. A program that is linked against a shared library of another minor version does not
/// start: its name has the minor version in it.
inline constexpr std::string_view version = "0.1.0";

WEIR_END_NAMESPACE
