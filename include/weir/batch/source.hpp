// Where the items of a batch come from.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <weir/batch/item.hpp>

WEIR_BEGIN_NAMESPACE

/// Gives the items of a batch, one after the other, as they are wanted: an input may be larger than memory.
/// Thread safety: none; all functions are called on the strand of run().
class batch_source {
public:
  virtual ~batch_source() = default;
  /// The next item; empty after the last one. Must not block for long: a read of a local file is fine.
  /// Errors: what it throws ends the job, after what is in flight has been answered. For a line that
  /// cannot be read it gives a batch_item::rejected() instead, and goes on.
  /// Cancellation: terminal, if it waits at all.
  virtual boost::asio::awaitable<std::optional<batch_item>> next() = 0;
  /// How many items there are in all, where that is known or can be told cheaply.
  virtual std::optional<std::uint64_t> size() const { return std::nullopt; }
};

/// The items of a container.
std::unique_ptr<batch_source> items_of(std::vector<batch_item> items);

WEIR_END_NAMESPACE
