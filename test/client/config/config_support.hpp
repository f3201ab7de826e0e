// Reads the sections of a configuration file one by one.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <type_traits>

#include "client/config/config_sections.hpp"

namespace weir::inline v0::test {

/// The environment of the sections below.
inline const char* variable(const char* name) { return std::string_view(name) == "GROQ_B" ? "gsk_b-12345" : nullptr; }

/// Reads one section as it stands in a file: `{"NAME": TEXT}`.
template <class F>
auto section(const std::string& name, const std::string& text, F&& read) {
  const config_document document("{\"" + name + "\": " + text + "}", "weir.json");
  options o;
  const environment get = variable;
  config_context in(get, {}, o);
  auto root = document.root();
  const auto v = root.find(name);
  if constexpr (std::is_invocable_v<F, const config_value&, config_context&>)
    return read(*v, in);
  else
    return read(*v);
}

/// The message with which a section is refused.
template <class F>
std::string refused(const std::string& name, const std::string& text, F&& read) {
  try {
    (void)section(name, text, read);
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_configuration);
    return e.what();
  }
  return "nothing was refused";
}

} // namespace weir::inline v0::test
