// Who asks the items of a batch, and where.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>

#include <weir/batch/batch.hpp>

#include "batch/engine/ask.hpp"

namespace weir::inline v0::batch_engine {

/// Starts calls. Each reports exactly once, on any thread, unless its context is destroyed.
/// Thread safety: none; the strand of run().
class asker {
public:
  using report = std::function<void(batch_result)>;

  asker() = default;
  asker(const asker&) = delete;
  asker& operator=(const asker&) = delete;
  virtual ~asker() = default;

  /// `ex`: that of run(). Once, before the first start().
  virtual void begin(const boost::asio::any_io_executor& ex) = 0;
  /// \param item lives until it has reported.
  virtual void start(std::shared_ptr<const batch_item> item, report done) = 0;
  /// Cancels all calls, and those that are started later; they report errc::cancelled soon.
  virtual void cancel() noexcept = 0;
};

std::unique_ptr<asker> ask_by(client& by, ask_options o);
std::unique_ptr<asker> ask_by(client_group& by, ask_options o);
std::unique_ptr<asker> ask_by(batch::ask by);

} // namespace weir::inline v0::batch_engine
