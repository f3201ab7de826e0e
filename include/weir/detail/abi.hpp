// The namespace of weir's binary interface: programs that were built against another one do not link, instead of
// misbehaving, and parts of one process may use different ones. What public headers declare is what a shared library
// exports.
#pragma once

/// Opens namespace weir and the inline namespace of the interface, whose name changes with it.
#define WEIR_BEGIN_NAMESPACE                                                                                           \
  namespace weir {                                                                                                     \
  inline namespace [[gnu::visibility("default")]] v0 {
/// Closes both.
#define WEIR_END_NAMESPACE                                                                                             \
  }                                                                                                                    \
  }
