// What is known of an executor: how many handlers it runs at a time, and which executor it is.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>

namespace weir {

enum class executor_kind : std::uint8_t {
  serial,       ///< A strand; or one that is not known here, and is taken at its word.
  per_thread,   ///< A context's own, on which as many handlers run at a time as threads do: none, if that is one.
  many_threads, ///< One that has several threads.
};

executor_kind kind_of(const boost::asio::any_io_executor& ex) noexcept;

/// The plain executor under weir's own.
const boost::asio::any_io_executor& plain(const boost::asio::any_io_executor& ex) noexcept;

/// Whether two serial executors are one, whatever has been required of either.
bool same_serial(const boost::asio::any_io_executor& a, const boost::asio::any_io_executor& b);

} // namespace weir
