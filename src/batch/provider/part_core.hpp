// The course of one part at a provider, from its lines to its results. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>

#include "batch/provider/dialect.hpp"
#include "batch/provider/part_event.hpp"
#include "batch/provider/poll_pace.hpp"
#include "batch/provider/wall_clock.hpp"

namespace weir::inline v0::vendor_batch {

/// What a course depends on besides its events.
class part_rules {
public:
  part_rules() = default;
  bool uploads = false;
  search_by search = search_by::nonce;
  poll_pace pace;
  /// After a creation that was not confirmed, the time within which the batch shows up in the list.
  duration list_lag = std::chrono::seconds(60);
  /// How far the provider's clock may be from ours.
  duration clock_skew = std::chrono::minutes(5);
  /// After it was created or has ended, the time within which a 404 says nothing.
  duration appears_within = std::chrono::minutes(1);
  /// Ended with answers, but without a file of them: the time within which the file shows up.
  duration files_within = std::chrono::minutes(10);
  /// Finalizing, with results that can be read: the time after which they are, whatever the state says.
  duration finalizes_within = std::chrono::hours(1);
  /// The batch is given up that much after its creation.
  duration longest = std::chrono::hours(24 * 9);
  /// Failures in a row after which the part stops, to be resumed another time.
  unsigned max_failures = 200;
  bool remove_input = true, remove_output = false;
  /// Whether a batch belongs to another part.
  std::function<bool(const std::string& batch)> is_known;
};

/// A request to the provider.
class part_request {
public:
  enum class kind : std::uint8_t { upload, create, list, poll, fetch, probe, cancel, remove_input, remove_output };
  part_request() = default;
  part_request(kind what, std::string argument) : what(what), argument(std::move(argument)) {}
  kind what = kind::poll;
  /// create: the nonce; list: where the page begins; poll and cancel: the batch's id; fetch and probe: a place;
  /// remove_input: the file.
  std::string argument;
};

/// What came of it.
class part_answer {
public:
  part_answer() = default;
  explicit part_answer(failure why, bool sent = true) : why(std::move(why)), sent(sent) {}

  failure why;      ///< None for an answer.
  bool sent = true; ///< Whether the provider may have acted on it, all the same.
  batch_view batch; ///< create, poll, cancel.
  batch_page page;  ///< list.
  std::string file; ///< upload: the file's id; fetch: the local file's name.
  std::uint64_t bytes = 0;
  std::string sha256; ///< fetch.
  bool ours = false;  ///< probe: whether results there have the part's tag.
};

/// Whether what was asked for is not there.
bool is_gone(const failure& why);

/// What is to be done next.
class part_action {
public:
  enum class kind : std::uint8_t {
    write,   ///< Put `event` into the journal, then call on_synced().
    send,    ///< Send `request`, then call on_answer().
    wait,    ///< Ask again at `until`.
    deliver, ///< Deliver the results of every fetched file, then call on_delivered().
    done,    ///< The part is over.
    failed,  ///< It cannot go on now, for the reason in `why`. It is as it was: another run resumes it.
  };
  kind what = kind::done;
  part_event event;
  part_request request;
  wall_point until{};
  failure why;
};

/// One part: what it needs is told by next(), and what came of it by the other functions. It is built anew from its
/// events at any time, so that a run may end between any two of its steps:
///
/// - A batch is created only after its intent is in the journal; after an intent without an outcome the provider's
///   list is searched first. So no part has two batches, as long as the list shows a batch within list_lag.
/// - Both files are read in every terminal state.
/// - A part is settled only after every file has been fetched and delivered.
///
/// Thread safety: none.
class part_core {
public:
  part_core(part_event planned, part_rules rules);

  /// An event from the journal, in their order; before the first next().
  void restore(const part_event& e);

  /// `random`: uniform in [0, 1). Says the same until it is told what came of it.
  part_action next(wall_point now, double random);

  void on_synced();
  void on_answer(const part_request& to, const part_answer& a, wall_point now, double random);
  void on_delivered();
  /// A fetched file is not there any more, or not what it was: it is fetched again.
  void on_lost(const result_place& place);
  /// There is room for another batch: what waits for it need not wait longer.
  void on_room() noexcept;
  /// Ends the batch early: it is cancelled, what it has done is fetched and delivered, and the rest is missing. A batch
  /// that has not been created is not created any more. Idempotent.
  void cancel() noexcept { cancelling_ = true; }

  const part_event& plan() const noexcept { return plan_; }
  /// The last that is known of the batch; empty before there is one.
  const std::optional<batch_view>& seen() const noexcept { return seen_; }
  const std::string& batch_id() const noexcept { return batch_; }
  const std::string& file() const noexcept { return file_; }
  const std::string& nonce() const noexcept { return nonce_; }
  const std::optional<part_event>& ended() const noexcept { return ended_; }
  const std::map<result_place, part_event>& fetched() const noexcept { return fetched_; }
  std::optional<wall_point> created_at() const noexcept;
  bool settled() const noexcept { return settled_; }
  bool cancelling() const noexcept { return cancelling_; }
  /// What it does, for people: `in progress`, `waiting for room`.
  std::string_view doing() const noexcept;

private:
  part_action write(part_step step, wall_point now, std::string id = {});
  part_action send(part_request::kind k, std::string argument);
  part_action fail(failure why);
  part_action next_of_intent(wall_point now);
  part_action next_search(wall_point now);
  part_action next_of_batch(wall_point now);
  part_action next_of_results(wall_point now);
  part_action next_cleaning(wall_point now);

  void created(const part_answer& a, wall_point now, double random);
  void listed(const part_answer& a, const std::string& from, wall_point now, double random);
  void polled(const part_answer& a, wall_point now, double random);
  void probed(const part_request& to, const part_answer& a, wall_point now, double random);
  void fetched(const part_answer& a, const result_place& place, wall_point now, double random);
  void end(const batch_view& b, wall_point now, std::string remark = {});
  void search_from(wall_point when) noexcept;
  bool is_ours(const batch_view& b) const;
  bool may_be_ours(const batch_view& b) const;
  /// Waits and tries again, or stops the part.
  void again(const failure& why, wall_point now, double random);
  bool is_final(const failure& why) const noexcept;
  duration room_wait();

  const part_event plan_;
  const part_rules rules_;

  // From the journal.
  std::string file_, nonce_, batch_;
  wall_point intended_{}, created_{}, ended_at_{};
  unsigned intents_ = 0;
  std::set<std::string> former_;    // batches that were turned away for want of room
  std::optional<part_event> ended_; // not of one that is to be created again
  std::map<result_place, part_event> fetched_;
  bool settled_ = false, cleaned_ = false;

  // Of this run.
  std::optional<part_event> event_; // to be synced
  bool file_restored_ = false;      // the provider may no longer have it
  bool cancelling_ = false, cancel_sent_ = false;
  bool create_sent_ = false;
  bool delivered_ = false;
  bool waits_for_room_ = false;
  std::optional<batch_view> seen_;
  std::optional<wall_point> without_files_, finalizing_;
  wall_point not_before_{};
  unsigned failures_ = 0, polls_ = 0, rejections_ = 0, cleaning_failures_ = 0;
  failure failed_;
  bool input_removed_ = false, output_removed_ = false;

  // The search for a batch whose creation was not confirmed.
  bool searching_ = false, search_begun_ = false;
  wall_point search_at_{}; // a pass that begins before this proves nothing
  wall_point pass_at_{}, last_sent_{};
  std::string page_;
  unsigned pages_ = 0;
  std::set<std::string> rejected_;
  std::deque<std::string> candidates_;
  std::optional<batch_view> candidate_; // being looked at
  wall_point candidate_since_{};        // when it, or its results, were first looked for
  std::deque<result_place> probes_;     // of its results
};

} // namespace weir::inline v0::vendor_batch
