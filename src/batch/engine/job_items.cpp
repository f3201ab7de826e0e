// The items of a job: from the source, or an earlier run, to the journal and the sink.
#include "batch/engine/job.hpp"

#include <utility>

#include "batch/engine/item_result.hpp"
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

} // namespace

void job::take(batch_item item) {
  if (item.id().size() > longest_id && options_.journal())
    throw error(errc::invalid_argument, "an id" + place_of(item) + " is longer than 64 KiB");
  refuse_duplicate(item);
  const auto index = core_.read();
  count([](batch_tally& t) { t.read(); });
  if (const auto why = item.rejection()) {
    core_.skipped();
    batch_result r;
    describe(r, item, index);
    r.failure = *why;
    running_.insert(r.id);
    keep(nullptr, std::move(r), item.fingerprint(), index);
    return;
  }
  if (item.fingerprint() == 0)
    item.fingerprint(batch_fingerprint(item.request()));
  if (restore(item, index) || follow(item, index))
    return;
  if (files_ && !options_.force())
    if (const auto other = files_->other_file(item.id(), item.fingerprint()); !other.empty())
      throw error(errc::invalid_argument, "the file " + other + " answers another request of the item \"" + item.id() +
                                              "\"" + place_of(item) +
                                              ": use another folder, or force it to be replaced");
  const auto e = std::make_shared<entry>(std::move(item));
  e->index = index;
  running_.insert(e->item.id());
  if (options_.dedupe())
    leaders_[e->item.fingerprint()] = e;
  core_.started();
  count([](batch_tally& t) { t.started(); });
  start(e);
}

void job::refuse_duplicate(const batch_item& item) {
  bool there = running_.contains(item.id());
  if (!there && options_.journal()) {
    const auto known = options_.journal()->find(item.id());
    there = known && (known->position >= begun_at_ || restored_.contains(known->position));
  } else if (!there) {
    there = !seen_.insert(item.id());
  }
  if (there)
    throw error(errc::invalid_argument,
                "the id \"" + item.id() + "\" comes twice" + place_of(item) + ": each item needs an id of its own");
}

// Whether an earlier run has answered it.
bool job::restore(const batch_item& item, std::uint64_t index) {
  if (!options_.journal())
    return false;
  const auto known = options_.journal()->find(item.id());
  if (!known)
    return false;
  const auto ended = outcome_of_kind(known->kind);
  if (!ended || !is_answer(*ended))
    return false;
  if (known->fingerprint != item.fingerprint()) {
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
    answers_.emplace(item.fingerprint(), known->position);
  if (!options_.replay()) {
    core_.skipped();
    restored_.insert(known->position);
    batch_result r;
    r.outcome = *ended;
    r.restored = true;
    count([&r](batch_tally& t) { t.done_at_once(r); });
    core_.written();
    skip(index);
    return true;
  }
  auto r = read_result(options_.journal()->read(known->position));
  core_.skipped();
  restored_.insert(known->position);
  describe(r, item, index);
  r.restored = true;
  count([&r](batch_tally& t) { t.done_at_once(r); });
  ready(std::move(r), index);
  return true;
}

// Whether an item that asks the same is being asked, or has been answered.
bool job::follow(batch_item& item, std::uint64_t index) {
  if (!options_.dedupe())
    return false;
  if (const auto found = leaders_.find(item.fingerprint()); found != leaders_.end()) {
    running_.insert(item.id());
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
    running_.insert(item.id());
    core_.skipped();
    finish_follower(answer, index, item);
    return true;
  }
  return false;
}

void job::finish_follower(const batch_result& leader, std::uint64_t index, const batch_item& item) {
  auto r = leader;
  r.same_as = leader.id;
  describe(r, item, index);
  r.calls = 0;
  r.attempts = 0;
  r.restored = false;
  if (r.cost)
    r.cost = money();
  keep(nullptr, std::move(r), item.fingerprint(), index);
}

void job::keep(const entry_ptr& e, batch_result r, std::uint64_t fingerprint, std::uint64_t index) {
  if (!options_.journal())
    return saved(e, std::move(r), {}, index);
  const bool first_of_all = begun_at_ == std::numeric_limits<std::uint64_t>::max();
  const auto id = first_of_all ? r.id : std::string();
  const auto held = std::make_shared<arrival>();
  held->what = arrival::kind::saved;
  held->of = e;
  held->index = index;
  held->result = std::move(r);
  try {
    options_.journal()->append(result_record(held->result, fingerprint), [box = inbox_, held](error_code ec) {
      held->ec = ec;
      box->put(std::move(*held));
    });
    // A journal may have been open for another job before: what this one has written begins with its first record.
    if (const auto first = first_of_all ? options_.journal()->find(id) : std::nullopt)
      begun_at_ = first->position;
  } catch (...) {
    fail(std::current_exception());
    saved(e, std::move(held->result), make_error_code(errc::not_saved), index);
  }
}

void job::saved(const entry_ptr& e, batch_result r, error_code ec, std::uint64_t index) {
  running_.erase(r.id);
  if (e)
    core_.saved();
  if (e && options_.dedupe()) {
    leaders_.erase(e->item.fingerprint());
    if (const auto kept = options_.journal()->find(r.id); !ec && kept && r.succeeded())
      answers_.emplace(e->item.fingerprint(), kept->position);
  }
  if (ec) {
    if (e)
      count([](batch_tally& t) { t.given_up(); });
    core_.written();
    skip(index);
    return fail(std::make_exception_ptr(error(errc::not_saved, "the results can no longer be written to the journal " +
                                                                   options_.journal()->path() +
                                                                   ": make room, and run the job again")));
  }
  count([&](batch_tally& t) { e ? t.done(r, now()) : t.done_at_once(r); });
  ready(std::move(r), index);
}

void job::ready(batch_result r, std::uint64_t index) {
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
