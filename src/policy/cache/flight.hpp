// One upstream call that several callers read.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/policy/handler.hpp>

#include "core/async/shutdown_hook.hpp"
#include "policy/cache/recorded_answer.hpp"

namespace weir::inline v0 {

/// Something that waits in a coroutine until it is rung. The timer that it waits on is the waiting frame's: when the
/// context is destroyed, it destroys the frame, which a handler that is kept elsewhere would hold in a cycle.
/// Thread safety: none; one strand.
class bell {
public:
  void ring() noexcept;
  /// Cancellation: terminal; throws as Asio does. The bell must outlive the wait.
  boost::asio::awaitable<void> wait();

private:
  boost::asio::steady_timer* timer_ = nullptr;
  bool rung_ = false;
};

/// A call in flight, read by a coroutine of its own as fast as its events come, and kept until every reader has read
/// them. Up to `most_bytes` the whole answer is kept, and later readers begin at its beginning. Beyond that nobody can
/// join any more, what all have read is dropped, a reader that is that far behind while another one keeps up is cut
/// off, and if none keeps up, the upstream is read no further until one does.
///
/// Ends with its last reader, unless it runs in the background. Object lifetimes: held by its readers and its own
/// coroutine. Thread safety: none; the client's strand.
class flight final : public std::enable_shared_from_this<flight>, private shutdown_hook {
public:
  /// Who reads a flight. Leaves it when destroyed.
  class reader {
  public:
    explicit reader(std::shared_ptr<flight> f);
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;
    ~reader() { leave(); }

    const std::shared_ptr<flight>& share() const noexcept { return flight_; }
    /// The next event that is there already; nullptr if there is none.
    const event* peek() const noexcept;
    void take() noexcept;
    /// Was too slow: the events after those it has read are gone.
    bool cut_off() const noexcept { return cut_off_; }
    bool has_read() const noexcept { return at_ != 0; }
    void leave() noexcept;
    bell& changes() noexcept { return changes_; }

  private:
    friend class flight;
    const std::shared_ptr<flight> flight_;
    bell changes_;
    std::size_t at_ = 0; // of all events of the answer
    bool here_ = true;
    bool cut_off_ = false;
  };

  /// `up`: the call, with a record and a reply scope of its own. `on_end`: called once, when nobody can join any more,
  /// with the answer if it is complete so far as the flight can tell.
  flight(std::shared_ptr<call> up, std::size_t most_bytes,
         std::function<void(flight&, std::optional<recorded_answer>)> on_end);
  ~flight();

  /// Starts the call on the strand of `in`, which may take until `deadline` to begin its answer.
  void start(handler_ptr inner, const std::shared_ptr<scope>& in, time_point deadline);
  /// Runs without readers too.
  void keep_in_background() noexcept { background_ = true; }
  /// Ends the upstream call.
  void cancel(errc reason) noexcept;

  bool opened() const noexcept { return phase_ != phase::opening; }
  bool ended() const noexcept { return phase_ == phase::ended; }
  /// The call failed before it had an answer.
  const std::exception_ptr& refused() const noexcept { return refused_; }
  const weir::call& upstream() const noexcept { return *up_; }
  bool streamed() const noexcept { return up_->streamed; }

  /// Of the answer: as far as it has come, and final once it has ended.
  weir::outcome outcome() const noexcept;
  const weir::failure& failure() const noexcept { return failure_; }
  const weir::usage& usage() const noexcept;
  const std::string& finish_reason() const noexcept;
  const answer_info& info() const noexcept;
  /// The attempt that gave the answer, once that has ended.
  const std::shared_ptr<const weir::attempt>& record() const noexcept { return record_; }
  /// Of a call that was not streamed, once it has ended.
  const std::any& result() const noexcept { return result_; }

private:
  enum class phase { opening, open, ended };

  static boost::asio::awaitable<void> run(std::shared_ptr<flight> self, handler_ptr inner);
  void append(event e);
  void make_room();
  bool must_pause() const noexcept;
  void trim() noexcept;
  void left(reader& r) noexcept;
  void refuse(std::exception_ptr why) noexcept;
  void finish() noexcept;
  void close(bool whole) noexcept;
  void ring_all() noexcept;
  recorded_answer recorded() const;
  void on_shutdown() noexcept override;

  const std::shared_ptr<call> up_;
  const std::size_t most_;
  std::function<void(flight&, std::optional<recorded_answer>)> on_end_;
  time_source* time_ = nullptr;
  std::shared_ptr<scope> opening_;        // until the answer begins
  std::shared_ptr<reply::source> source_; // of the answer, until that has ended
  std::vector<reader*> readers_;
  std::deque<recorded_event> events_;
  std::size_t first_ = 0; // how many events are gone
  std::size_t bytes_ = 0;
  time_point last_{};
  bool too_large_ = false;
  bool resumed_elsewhere_ = false;
  bool background_ = false;
  bell room_; // the coroutine waits on it while nobody reads
  phase phase_ = phase::opening;
  std::exception_ptr refused_;
  std::any result_;
  weir::outcome outcome_ = weir::outcome::truncated;
  weir::failure failure_;
  weir::usage usage_;
  std::string finish_reason_;
  answer_info info_;
  std::shared_ptr<const weir::attempt> record_;
};

} // namespace weir::inline v0
