// How weir and the program that uses it agree on Asio: every header of weir includes this one before Asio.
#pragma once

#if __cplusplus < 202002L
#error "weir needs C++20: compile with -std=c++20 or newer"
#endif

// Asio's functions are compiled once, inside weir. Where Asio was included earlier, it stays header-only: both forms
// have the same types, and the linker keeps one definition of each function.
#if !defined(BOOST_ASIO_DETAIL_CONFIG_HPP) && !defined(BOOST_ASIO_HEADER_ONLY) &&                                      \
    !defined(BOOST_ASIO_SEPARATE_COMPILATION)
#define BOOST_ASIO_SEPARATE_COMPILATION
#endif

// These settings change Asio's types, or what some functions return (BOOST_ASIO_NO_DEPRECATED): a program whose
// settings differ from those that weir was compiled with breaks at run time.
#if !defined(WEIR_SAME_ASIO_SETTINGS)
#if defined(BOOST_ASIO_CUSTOM_HANDLER_TRACKING) || defined(BOOST_ASIO_DISABLE_EPOLL) ||                                \
    defined(BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING) || defined(BOOST_ASIO_DISABLE_STD_EXCEPTION_PTR) ||              \
    defined(BOOST_ASIO_DISABLE_THREADS) || defined(BOOST_ASIO_ENABLE_HANDLER_TRACKING) ||                              \
    defined(BOOST_ASIO_HAS_IO_URING) || defined(BOOST_ASIO_NO_DEPRECATED) ||                                           \
    defined(BOOST_ASIO_USE_TS_EXECUTOR_AS_DEFAULT)
#error                                                                                                                 \
    "a BOOST_ASIO_ setting changes Asio's types, and weir is compiled without it: do not define it, or compile weir \
with it too and define WEIR_SAME_ASIO_SETTINGS in both"
#endif
#if defined(BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE)
#if BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE != 2
#error                                                                                                                 \
    "BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE changes Asio's types, and weir is compiled with Asio's own value (2): \
do not define it, or compile weir with it too and define WEIR_SAME_ASIO_SETTINGS in both"
#endif
#endif
#endif
