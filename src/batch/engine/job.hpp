// The state of a batch that runs: the shell around batch_core.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <deque>
#include <exception>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <weir/batch/batch.hpp>
#include <weir/core/group.hpp>
#include <weir/store/journal.hpp>

#include "batch/engine/asker.hpp"
#include "batch/engine/batch_core.hpp"
#include "batch/engine/event.hpp"
#include "batch/engine/id_set.hpp"
#include "batch/engine/inbox.hpp"
#include "batch/engine/number_set.hpp"
#include "batch/report/tally.hpp"
#include "core/async/alarm.hpp"
#include "core/async/shutdown_hook.hpp"

namespace weir::inline v0::batch_engine {

/// Two coroutines on the strand of run(): one reads the source, the other gives results to the sink. Answers, and the
/// journal's confirmations, arrive through an inbox from whichever thread they come, and are handled there and then:
/// neither coroutine need be waiting.
class job : public std::enable_shared_from_this<job>, private shutdown_hook {
public:
  /// `files`: those of `by`; may be null.
  job(std::unique_ptr<asker> by, batch_options o, std::shared_ptr<result_files> files = nullptr);

  static boost::asio::awaitable<batch_report> run(std::shared_ptr<job> self, batch_source& from, batch_sink& to);
  /// Any thread.
  void want(bool stop) noexcept;
  batch_progress progress() const;

private:
  // A result on its way to the journal and the sink.
  struct outgoing {
    batch_result result;
    std::uint64_t index = 0; ///< In the order of reading.
    bool asked = false;      ///< It is an entry.
  };
  using outgoing_ptr = std::shared_ptr<outgoing>;

  // An item from the time it is read until its result is final.
  struct entry : outgoing {
    explicit entry(batch_item&& i) : item(std::move(i)) { asked = true; }
    batch_item item;
    unsigned round = 0;
    std::unique_ptr<batch_result> so_far; ///< Of earlier rounds: what they used, and cost.
    time_point not_before{};
    std::vector<std::pair<std::uint64_t, batch_item>> followers; ///< Items that ask the same, with their indices.
    std::unique_ptr<batch_result> answer; ///< Once it is final, until it is safe: for followers that come late.
  };
  using entry_ptr = std::shared_ptr<entry>;

  class call;

  struct arrival {
    enum class kind { answer, saved, wake };
    kind what = kind::wake;
    outgoing_ptr of;
    error_code ec;
  };

  boost::asio::awaitable<void> read_all(batch_source& from);
  boost::asio::awaitable<void> write_all(batch_sink& to);
  entry_ptr take(batch_item&& item);
  using known = std::optional<journal::entry>; ///< What the journal says of an id.
  void refuse_duplicate(const batch_item& item, const known& before);
  bool restore(const batch_item& item, const known& before, std::uint64_t index);
  bool restore_bytes(const batch_item& item, const journal::entry& before, std::uint64_t index);
  void keep_rejected(const batch_item& item, const failure& why, std::uint64_t index);
  void begun(const batch_item& item);
  bool follow(batch_item& item, std::uint64_t index);
  void start(const entry_ptr& e);
  void start_first(const entry_ptr& e);
  void leave_out(const entry_ptr& e);
  bool has_room();
  void start_again();
  void handle_arrivals() noexcept;
  void put_back(const entry_ptr& e);
  void ask_later(const entry_ptr& e);
  void answered(const entry_ptr& e);
  void give_up(const entry_ptr& e);
  void finish(const entry_ptr& e);
  void finish_follower(const batch_result& leader, std::uint64_t index, const batch_item& item);
  void keep(const outgoing_ptr& o, std::uint64_t fingerprint);
  void saved(const outgoing_ptr& o, error_code ec);
  void settle_leader(const entry& e, bool kept);
  void ready(batch_result&& r, std::uint64_t index);
  template <class F>
  void count(F f) {
    const std::lock_guard lock(mutex_);
    f(*tally_);
  }
  void skip(std::uint64_t index);
  batch_result* next_ready();
  void fail(std::exception_ptr why) noexcept;
  void stop_reading() noexcept;
  void obey();
  void wake_reader() noexcept;
  void wake_writer() noexcept;
  void on_shutdown() noexcept override;
  void close_progress() noexcept;
  void leave() noexcept;
  time_point now() const { return time_->now(); }

  const std::unique_ptr<asker> by_;
  const batch_options options_;
  const std::shared_ptr<result_files> files_;
  batch_core core_;

  // The strand's.
  boost::asio::any_io_executor ex_;
  const time_source* time_ = nullptr; ///< Its context's. Not taken back: a reader may be left when run() is destroyed.
  std::optional<event> reader_, writer_;
  std::optional<group> reading_;
  bool reads_ = false;
  bool reader_waits_ = false, waits_for_room_ = false;
  alarm again_alarm_;
  std::shared_ptr<inbox<arrival>> inbox_;
  std::vector<arrival> arrived_; ///< Taken from it.
  std::deque<entry_ptr> again_;
  std::vector<batch_result> ready_, writing_; ///< Those that come, and those that are given to the sink.
  std::size_t written_ = 0;                   ///< Of the latter.
  using held_back = std::map<std::uint64_t, std::optional<batch_result>>;
  held_back held_back_; ///< In an ordered job, by index; empty: no result.
  held_back::node_type next_out_;
  std::uint64_t next_index_ = 0;
  std::uint64_t largest_record_ = 0;                                   ///< In the journal, of this run.
  std::unordered_set<std::string> running_;                            ///< With a journal: ids that it does not have.
  id_set seen_;                                                        ///< Without one.
  std::uint64_t begun_at_ = std::numeric_limits<std::uint64_t>::max(); ///< In it, of this run's first record.
  number_set restored_; ///< With one: positions of what has been restored.
  std::unordered_map<std::uint64_t, entry_ptr> leaders_;
  std::unordered_map<std::uint64_t, std::uint64_t> answers_; ///< Fingerprint → position in the journal.
  std::exception_ptr broken_;                                ///< What handle_arrivals() threw, for the writer.
  std::exception_ptr error_;
  bool sink_failed_ = false;
  bool stopped_ = false;

  enum class wish : std::uint8_t { none, drain, stop };
  mutable std::mutex mutex_; ///< Of what follows, which other threads see.
  wish wish_ = wish::none;
  bool began_ = false;
  bool runs_ = false;                ///< The context's time may be asked.
  std::optional<batch_tally> tally_; ///< From the beginning of run().
  batch_progress last_;              ///< Once it has ended.
  std::shared_ptr<inbox<arrival>> bell_;
};

} // namespace weir::inline v0::batch_engine
