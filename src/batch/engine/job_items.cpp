// The items of a job: from the source, or an earlier run, to the journal and the sink.
#include "batch/engine/job.hpp"

#include <algorithm>
#include <utility>

#include "batch/engine/item_result.hpp"
#include "batch/engine/no_longer_saved.hpp"
#include "batch/output/record.hpp"

namespace weir::inline v0::batch_engine {

namespace {

std::optional<outcome> outcome_of_kind(std::uint8_t kind) noexcept {
  if (!is_result(kind))
    return std::nullopt;
  return static_cast<outcome>(kind - record_kind(outcome::complete));
}

// Unless the id says it.
std::string place_of(const batch_item& item) {
  return item.origin().empty() || item.origin() == item.id() ? std::string() : " (" + item.origin() + ")";
}

constexpr std::size_t longest_id = 64 << 10; // in a journal
constexpr std::uint64_t record_head = 64;    // likewise, at most

} // namespace

// Null if it needs no call.
job::entry_ptr job::take(batch_item&& item) {
  if (item.id().size() > longest_id && options_.journal())
    throw error(errc::invalid_argument, "an id" + place_of(item) + " is longer than 64 KiB");
  const auto before = options_.journal() ? options_.journal()->find(item.id()) : std::nullopt;
  refuse_duplicate(item, before);
  const auto index = core_.read();
  count([](batch_tally& t) { t.read(); });
  if (const auto& why = item.rejection()) {
    keep_rejected(item, *why, index);
    return nullptr;
  }
  if (item.fingerprint() == 0)
    item.fingerprint(batch_fingerprint(item.request()));
  if (restore(item, before, index) || follow(item, index))
    return nullptr;
  if (files_ && !options_.force())
    if (const auto other = files_->other_file(item.id(), item.fingerprint()); !other.empty())
      throw error(errc::invalid_argument, "the file " + other + " answers another request of the item \"" + item.id() +
                                              "\"" + place_of(item) +
                                              ": use another folder, or force it to be replaced");
  const auto e = std::make_shared<entry>(std::move(item));
  e->index = index;
  begun(e->item);
  if (options_.dedupe())
    leaders_[e->item.fingerprint()] = e;
  return e;
}

// Read, and not begun because the job ends: the next run asks it.
void job::leave_out(const entry_ptr& e) {
  running_.erase(e->item.id());
  leaders_.erase(e->item.fingerprint());
  skip(e->index);
}

void job::keep_rejected(const batch_item& item, const failure& why, std::uint64_t index) {
  core_.skipped();
  begun(item);
  const auto o = std::make_shared<outgoing>();
  o->index = index;
  describe(o->result, item, index);
  o->result.failure = why;
  keep(o, item.fingerprint());
}

void job::begun(const batch_item& item) {
  if (options_.journal())
    running_.insert(item.id());
}

void job::refuse_duplicate(const batch_item& item, const known& before) {
  const bool there = options_.journal()
                         ? running_.contains(item.id()) ||
                               (before && (before->position >= begun_at_ || restored_.contains(before->position)))
                         : !seen_.insert(item.id());
  if (there)
    throw error(errc::invalid_argument,
                "the id \"" + item.id() + "\" comes twice" + place_of(item) + ": each item needs an id of its own");
}

// Whether an earlier run has answered it.
bool job::restore(const batch_item& item, const known& before, std::uint64_t index) {
  if (!before)
    return false;
  const auto ended = outcome_of_kind(before->kind);
  if (!ended || !is_answer(*ended))
    return false;
  if (before->fingerprint != item.fingerprint()) {
    // Of an answer that is not complete nothing is lost.
    if (options_.force() || *ended != outcome::complete)
      return false;
    throw error(errc::invalid_argument, "the item \"" + item.id() + "\"" + place_of(item) +
                                            " was answered in an earlier run, and its request has changed since: undo "
                                            "the change, use another journal, or force it to be asked again");
  }
  if (options_.force() && files_ && files_->is_lost(item.id()))
    return false;
  if (options_.dedupe())
    answers_.emplace(item.fingerprint(), before->position);
  if (restore_bytes(item, *before, index))
    return true;
  if (!options_.replay()) {
    core_.skipped();
    restored_.insert(before->position);
    batch_result r;
    r.outcome = *ended;
    r.restored = true;
    count([&r](batch_tally& t) { t.done_at_once(r); });
    core_.written();
    skip(index);
    return true;
  }
  auto r = read_result(options_.journal()->read(before->position));
  core_.skipped();
  restored_.insert(before->position);
  describe(r, item, index);
  r.restored = true;
  count([&r](batch_tally& t) { t.done_at_once(r); });
  ready(std::move(r), index);
  return true;
}

// Whether it has bytes that an earlier run could not write to files. They are written now, which a new record says.
bool job::restore_bytes(const batch_item& item, const journal::entry& before, std::uint64_t index) {
  if (!files_ || files_->knows(item.id(), item.fingerprint()))
    return false;
  const auto o = std::make_shared<outgoing>();
  o->index = index;
  o->result = read_result(options_.journal()->read(before.position));
  describe(o->result, item, index);
  if (!files_->save_body(item.fingerprint(), o->result))
    return false;
  core_.skipped();
  begun(item);
  keep(o, item.fingerprint());
  return true;
}

// Whether an item that asks the same is being asked, or has been answered.
bool job::follow(batch_item& item, std::uint64_t index) {
  if (!options_.dedupe())
    return false;
  if (const auto found = leaders_.find(item.fingerprint()); found != leaders_.end()) {
    begun(item);
    if (found->second->answer) {
      core_.skipped();
      finish_follower(*found->second->answer, index, item);
    } else {
      core_.followed();
      found->second->followers.emplace_back(index, std::move(item));
    }
    return true;
  }
  if (const auto found = answers_.find(item.fingerprint()); found != answers_.end()) {
    const auto answer = read_result(options_.journal()->read(found->second));
    begun(item);
    core_.skipped();
    finish_follower(answer, index, item);
    return true;
  }
  return false;
}

void job::finish_follower(const batch_result& leader, std::uint64_t index, const batch_item& item) {
  const auto o = std::make_shared<outgoing>();
  o->index = index;
  auto& r = o->result = leader;
  r.same_as = leader.id;
  describe(r, item, index);
  r.calls = 0;
  r.attempts = 0;
  r.restored = false;
  if (r.cost)
    r.cost = money();
  keep(o, item.fingerprint());
}

void job::keep(const outgoing_ptr& o, std::uint64_t fingerprint) {
  if (!options_.journal())
    return saved(o, {});
  try {
    auto record = result_record(o->result, fingerprint);
    largest_record_ = std::max<std::uint64_t>(largest_record_, record.id.size() + record.payload.size() + record_head);
    options_.journal()->append(std::move(record), [box = inbox_, kept = o](error_code ec) mutable {
      arrival a;
      a.what = arrival::kind::saved;
      a.of = std::move(kept);
      a.ec = ec;
      box->put(std::move(a));
    });
    // A journal may have been open for another job before: what this one has written begins with its first record.
    if (begun_at_ == std::numeric_limits<std::uint64_t>::max())
      if (const auto first = options_.journal()->find(o->result.id))
        begun_at_ = first->position;
  } catch (...) {
    fail(std::current_exception());
    saved(o, make_error_code(errc::not_saved));
  }
}

void job::saved(const outgoing_ptr& o, error_code ec) {
  auto& r = o->result;
  if (options_.journal())
    running_.erase(r.id);
  if (o->asked) {
    core_.saved();
    if (options_.dedupe())
      settle_leader(static_cast<const entry&>(*o), !ec);
  }
  if (ec) {
    if (o->asked)
      count([](batch_tally& t) { t.given_up(); });
    core_.written();
    skip(o->index);
    return fail(std::make_exception_ptr(error(no_longer_saved(*options_.journal()))));
  }
  count([&](batch_tally& t) { o->asked ? t.done(r, now()) : t.done_at_once(r); });
  ready(std::move(r), o->index);
}

// The answer is where followers that come later find it.
void job::settle_leader(const entry& e, bool kept) {
  leaders_.erase(e.item.fingerprint());
  if (!kept || !e.result.succeeded())
    return;
  if (const auto known = options_.journal()->find(e.result.id))
    answers_.emplace(e.item.fingerprint(), known->position);
}

void job::ready(batch_result&& r, std::uint64_t index) {
  if (options_.ordered())
    held_back_[index] = std::move(r);
  else
    ready_.push_back(std::move(r));
  wake_writer();
}

void job::skip(std::uint64_t index) {
  if (options_.ordered())
    held_back_[index] = std::nullopt;
  wake_writer();
}

} // namespace weir::inline v0::batch_engine
