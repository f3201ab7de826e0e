// Who asks the items of a batch, and where.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <memory>

#include <weir/batch/batch.hpp>

#include "batch/engine/ask.hpp"

namespace weir::inline v0::batch_engine {

/// An item that is asked, and whom that is told.
class asked {
public:
  asked() = default;
  asked(const asked&) = delete;
  asked& operator=(const asked&) = delete;
  virtual ~asked() = default;

  virtual const batch_item& item() const noexcept = 0;
  /// Where what it came to goes, before report().
  virtual batch_result& result() noexcept = 0;
  /// It has ended; once, on any thread. Destroyed without it, as its context was: the item is cancelled.
  virtual void report() = 0;
};

/// Starts calls. Each reports exactly once, on any thread, unless its context is destroyed.
/// Thread safety: none; the strand of run().
class asker {
public:
  asker() = default;
  asker(const asker&) = delete;
  asker& operator=(const asker&) = delete;
  virtual ~asker() = default;

  /// `ex`: that of run(). Once, before the first start().
  virtual void begin(const boost::asio::any_io_executor& ex) = 0;
  /// \param call lives until it has reported.
  virtual void start(std::shared_ptr<asked> call) = 0;
  /// Cancels all calls, and those that are started later; they report errc::cancelled soon.
  virtual void cancel() noexcept = 0;
};

std::unique_ptr<asker> ask_by(client& by, ask_options o);
std::unique_ptr<asker> ask_by(client_group& by, ask_options o);
std::unique_ptr<asker> ask_by(batch::ask by);

} // namespace weir::inline v0::batch_engine
