// What is known about an executor: how many handlers it runs at a time, and which executor it is.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>

namespace weir::inline v0 {

enum class executor_kind : std::uint8_t {
  serial,       ///< A strand; or an executor that is not known here, which is trusted to be serial.
  per_thread,   ///< A context's own: as many handlers run at a time as threads run it; serial with one.
  many_threads, ///< An executor that has several threads.
};

executor_kind kind_of(const boost::asio::any_io_executor& ex) noexcept;

/// The plain executor under weir's own.
const boost::asio::any_io_executor& plain(const boost::asio::any_io_executor& ex) noexcept;

/// Whether two serial executors are the same, whatever properties were required of either.
bool same_serial(const boost::asio::any_io_executor& a, const boost::asio::any_io_executor& b);

} // namespace weir::inline v0
