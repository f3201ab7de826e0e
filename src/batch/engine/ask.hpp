// One item through a client.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>

#include <weir/batch/item.hpp>
#include <weir/batch/result.hpp>
#include <weir/client/client.hpp>
#include <weir/codec/schema.hpp>
#include <weir/cost/prices.hpp>

#include "batch/output/result_files.hpp"

namespace weir::inline v0::batch_engine {

/// How items are asked.
class ask_options {
public:
  ask_options() = default;
  bool streamed = true;
  std::shared_ptr<price_book> prices;         ///< May be null.
  std::shared_ptr<const weir::schema> schema; ///< Likewise.
  std::shared_ptr<result_files> files;        ///< Where bytes of results go; null: they stay in the body.
};

/// Asks at priority::batch unless the request says otherwise. A failure is the result's, and nothing is thrown; the id
/// and what else is the item's own are left to the caller. Nothing is sent for an item whose files are there from an
/// earlier run: it is `restored`. A result whose files cannot be written is complete, with its bytes in the body.
/// Cancellation: terminal; the failure is errc::cancelled. `item` and `o` must outlive it.
boost::asio::awaitable<batch_result> ask(client& by, const batch_item& item, const ask_options& o);

} // namespace weir::inline v0::batch_engine
