// A job at a provider's batch API: parts from a source, results to a host.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <weir/batch/item.hpp>
#include <weir/batch/provider_batch.hpp>
#include <weir/batch/result.hpp>
#include <weir/batch/source.hpp>
#include <weir/core/group.hpp>
#include <weir/store/journal.hpp>

#include "batch/provider/deadline_rule.hpp"
#include "batch/provider/journal_writer.hpp"
#include "batch/provider/part_builder.hpp"
#include "batch/provider/provider_exchange.hpp"

namespace weir::inline v0::vendor_batch {

/// Where results go: the same way as those of live calls. Called on the strand of run(), one at a time.
class run_host {
public:
  virtual ~run_host() = default;
  virtual std::uint64_t fingerprint(const batch_item& item) const = 0;
  /// An item was read.
  virtual void on_read() {}
  /// Of an item that is in no part of an earlier run. \throws weir::error errc::invalid_argument if its id has come
  /// before in this run, or its request has changed since it was answered; it ends the run.
  virtual void check(const batch_item& /*item*/, std::uint64_t /*fingerprint*/) const {}
  /// Of an item whose request has changed since it was submitted. \throws weir::error errc::invalid_argument, unless
  /// it is to be submitted again.
  virtual void refuse_changed(const batch_item& /*item*/) const {}
  /// Whether the request has a final answer, here or in the journal.
  virtual bool is_done(const std::string& id, std::uint64_t fingerprint) const = 0;
  /// Whether the item has one, to this request or to another one that is in the journal behind this position.
  virtual bool is_answered(const std::string& id, std::uint64_t fingerprint, std::uint64_t /*since*/) const {
    return is_done(id, fingerprint);
  }
  /// An item that was read has an answer from an earlier run. `item`: null where it is not at hand.
  virtual boost::asio::awaitable<void> restored(std::string id, const batch_item* item, std::uint64_t index);
  /// Takes a result. It may return before the result is synced; is_done() then says so already.
  virtual boost::asio::awaitable<void> take(batch_result r, std::uint64_t fingerprint) = 0;
  /// Returns once every result that was taken is safely in the journal.
  virtual boost::asio::awaitable<void> flush() = 0;
};

/// Runs a job: the parts of earlier runs first, then new ones from the source, at most so many at once; what they leave
/// unanswered goes into further ones.
///
/// Object lifetimes: journal, source and host must outlive run(). Thread safety: none; all on the strand of run().
class provider_run {
public:
  provider_run(std::shared_ptr<const dialect> by, transport_function send, journal& in, run_host& to,
               provider_batch_options o);
  provider_run(const provider_run&) = delete;
  provider_run& operator=(const provider_run&) = delete;
  ~provider_run();

  /// Until every item has a result, or cancel(), drain() or leave() has ended it: then items may be left without one.
  /// They are in no batch after cancel() and drain().
  /// Errors: what stopped a part; what source, journal and host throw. The other parts end as after leave().
  /// Cancellation: terminal; leaves the batches at the provider to run, for another run to go on with.
  boost::asio::awaitable<void> run(batch_source& from);

  /// Ends the batches early, fetches what they have done, and submits nothing more: what is left may be asked live as
  /// soon as run() has returned.
  void cancel() noexcept;
  /// Submits nothing more.
  void drain() noexcept { draining_ = true; }
  /// Ends once the requests in flight are answered, and what they have come to is in the journal. The batches go on.
  void leave() noexcept { leaving_ = true; }

  provider_progress progress(wall_point now) const;
  const learnt_durations& learnt() const noexcept { return learnt_; }
  /// What is known of the batch that ends last, for the deadline's rule.
  void tell(deadline_question& q) const;
  /// Lines in parts that are not settled, without a result.
  std::uint64_t open() const;
  /// Whether everything that the source had has a result. \pre run() has ended.
  bool is_complete() const noexcept { return at_end_ && !dropped_; }

private:
  class part;
  using part_ptr = std::shared_ptr<part>;

  void restore();
  boost::asio::awaitable<void> read_source(batch_source& from);
  boost::asio::awaitable<void> plan_item(batch_item item, std::uint64_t index);
  boost::asio::awaitable<void> plan_line(part_item item, std::string line, std::string from, std::string columns);
  boost::asio::awaitable<void> plan_again();
  boost::asio::awaitable<void> submit();
  boost::asio::awaitable<void> course(part_ptr p);
  boost::asio::awaitable<void> guarded(part_ptr p);
  boost::asio::awaitable<void> write(part_ptr p, part_event e);
  boost::asio::awaitable<void> send(part_ptr p, part_request r);
  boost::asio::awaitable<void> deliver(part_ptr p);
  boost::asio::awaitable<void> deliver_file(part_ptr p, std::string name);
  boost::asio::awaitable<void> deliver_problems(part_ptr p);
  boost::asio::awaitable<void> deliver_missing(part_ptr p);
  boost::asio::awaitable<void> give(part_ptr p, std::size_t line, batch_result r);
  boost::asio::awaitable<void> reject(part_item item, std::string columns, failure why);
  boost::asio::awaitable<void> keep(const part_event& e);
  boost::asio::awaitable<void> wait_until(wall_point until);
  boost::asio::awaitable<void> find_answered(part_ptr p);
  bool is_replaced(const part_item& item) const;
  void begin_part(const boost::asio::any_io_executor& ex);
  void settle(const part_ptr& p);
  void close(const part_ptr& p);
  std::size_t active() const;
  bool leaves() const noexcept { return leaving_ || why_ || failed_; }
  bool stopped() const noexcept { return draining_ || cancelled_ || leaves(); }
  bool may_go_again(const std::string& id) const;
  part_rules rules() const;

  const std::shared_ptr<const dialect> by_;
  journal& journal_;
  run_host& host_;
  const provider_batch_options options_;
  part_folder folder_;
  provider_exchange exchange_;
  part_limits limits_;

  std::vector<part_ptr> parts_; // not over
  // Items in parts, and those that parts of an earlier run have answered before they were read again.
  struct held {
    held() = default;
    held(std::uint64_t fingerprint, bool read) : fingerprint(fingerprint), read(read) {}
    std::uint64_t fingerprint = 0;
    bool read = false, answered = false;
  };
  std::unordered_map<std::string, held> held_;
  std::unordered_map<std::string, std::uint64_t> replaced_; // by a request with this fingerprint
  std::set<std::string> known_;                             // batches
  std::unordered_map<std::string, unsigned> rounds_;
  std::deque<part_ptr> unanswered_;

  std::unique_ptr<part_builder> builder_;
  std::unique_ptr<part_file_writer> lines_, columns_;
  std::optional<journal_writer> writer_;
  std::unique_ptr<group> courses_;
  // Whether a part's lines are in memory; outlives the run where the context is destroyed first.
  const std::shared_ptr<bool> sending_ = std::make_shared<bool>(false);
  bool draining_ = false, cancelled_ = false, leaving_ = false;
  bool at_end_ = false, dropped_ = false; // of the source; items that are in no part
  failure why_;                           // of the first part that stopped
  std::exception_ptr failed_;             // what source, journal or host threw
  learnt_durations learnt_;
  std::uint64_t over_ = 0, submitted_ = 0, delivered_ = 0, missing_ = 0, unknown_ = 0;
};

} // namespace weir::inline v0::vendor_batch
