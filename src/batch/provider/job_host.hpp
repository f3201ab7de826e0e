// The results of a job by a provider's batches: to the journal, the numbers and the sink.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include <weir/batch/provider_batch.hpp>
#include <weir/codec/schema.hpp>

#include "batch/engine/bell.hpp"
#include "batch/engine/inbox.hpp"
#include "batch/provider/batch_charge.hpp"
#include "batch/provider/provider_run.hpp"
#include "batch/report/tally.hpp"

namespace weir::inline v0::vendor_batch {

/// Results go through the journal to the sink, one at a time, as those of live calls do. Object lifetimes: journal and
/// sink must outlive it; the context need not. Thread safety: none; the strand of run().
class job_host final : public run_host {
public:
  job_host(journal& kept, batch_sink& to, const provider_batch_options& o, batch_charge charge,
           const boost::asio::any_io_executor& ex);
  ~job_host() override;

  std::uint64_t fingerprint(const batch_item& item) const override;
  bool is_done(const std::string& id, std::uint64_t fingerprint) const override;
  bool is_answered(const std::string& id, std::uint64_t fingerprint, std::uint64_t since) const override;
  void on_read() override { tally_.read(); }
  void check(const batch_item& item, std::uint64_t fingerprint) const override;
  void refuse_changed(const batch_item& item) const override;
  boost::asio::awaitable<void> restored(std::string id, const batch_item* item, std::uint64_t index) override;
  boost::asio::awaitable<void> take(batch_result r, std::uint64_t fingerprint) override;
  boost::asio::awaitable<void> flush() override;

  /// Gives results to the sink until end() was called and everything is written. Runs beside the provider's run.
  /// Errors: none; they are thrown by the functions above.
  boost::asio::awaitable<void> write_all();
  void end() noexcept;
  /// What the sink or the journal has failed with.
  std::exception_ptr failed() const noexcept { return failed_; }

  batch_tally& tally() noexcept { return tally_; }

private:
  class arrival {
  public:
    arrival() = default;
    batch_result result;
    error_code ec;
    bool wanted = true; ///< By the sink.
  };
  boost::asio::awaitable<void> arrive(arrival a);
  boost::asio::awaitable<void> wait_for_room();
  boost::asio::awaitable<void> write(batch_result r);
  void throw_if_failed() const;
  void describe(batch_result& r, wall_point now) const;

  journal& journal_;
  batch_sink& to_;
  const bool replay_, force_;
  const std::shared_ptr<const schema> schema_;
  const batch_charge charge_;
  batch_tally tally_;
  batch_engine::bell arrived_, room_;
  std::shared_ptr<batch_engine::inbox<arrival>> inbox_;
  std::size_t outstanding_ = 0; // taken, and not yet given to the sink
  bool ending_ = false, rung_ = false;
  std::exception_ptr failed_;
};

} // namespace weir::inline v0::vendor_batch
