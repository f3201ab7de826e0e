// A connection that carries several exchanges at once, as the pool sees it.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <functional>
#include <memory>

#include <weir/net/stream.hpp>

#include "net/shared_stream.hpp"

namespace weir::inline v0::net {

/// An HTTP/2 connection: the pool leases places on it. It waits for its peer only while exchanges are open, so that an
/// idle pool keeps no io_context running.
/// Object lifetimes: shared by the pool, while it counts, and the exchanges on it. Thread safety: none; one strand.
class carrier {
public:
  virtual ~carrier() = default;

  /// How many exchanges it may carry together; 0: it takes no new ones, for it drains or has ended.
  virtual std::size_t capacity() const noexcept = 0;
  /// Takes in what has arrived, if no exchange waits for it. False: it takes no new exchanges.
  virtual bool healthy() noexcept = 0;
  /// Ends it; its exchanges fail. Idempotent.
  virtual void close() noexcept = 0;
  /// `changed` is called when capacity() has changed, but never from within a call from the pool. It may call watch(),
  /// and give up the pool's share of the carrier. Empty: nobody is to be called any more.
  virtual void watch(std::function<void()> changed) noexcept = 0;
};

/// Makes a carrier of a connection whose peer has chosen "h2"; never null.
using make_carrier =
    std::function<std::shared_ptr<carrier>(shared_stream over, const origin& to, const boost::asio::any_io_executor&)>;

} // namespace weir::inline v0::net
