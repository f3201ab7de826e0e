// The search for a batch whose creation was not confirmed.
#include "batch/provider/part_core.hpp"

#include <algorithm>
#include <utility>

namespace weir::inline v0::vendor_batch {

namespace {

// Pages of a list, of a hundred batches each.
constexpr unsigned most_pages = 1000;

} // namespace

void part_core::search_from(wall_point when) noexcept {
  searching_ = true;
  search_begun_ = false;
  search_at_ = when;
  page_.clear();
  pages_ = 0;
  candidate_.reset();
  candidates_.clear();
  probes_.clear();
}

part_action part_core::next_search(wall_point now) {
  // The run before may have sent its request just before it ended.
  if (search_at_ == wall_point()) {
    search_at_ = now + coarse(rules_.list_lag);
    last_sent_ = now;
  }
  if (candidate_) {
    if (!candidate_->ended())
      return send(part_request::kind::poll, candidate_->id);
    return send(part_request::kind::probe, probes_.front());
  }
  if (!candidates_.empty()) {
    candidate_ = batch_view();
    candidate_->id = candidates_.front();
    candidates_.pop_front();
    candidate_since_ = {};
    polls_ = 0;
    return send(part_request::kind::poll, candidate_->id);
  }
  if (!std::exchange(search_begun_, true))
    pass_at_ = now;
  return send(part_request::kind::list, page_);
}

bool part_core::is_ours(const batch_view& b) const {
  if (former_.contains(b.id) || b.id.empty())
    return false;
  if (!b.nonce.empty())
    return b.nonce == nonce_;
  return rules_.search == search_by::nonce && !file_.empty() && b.input_file == file_;
}

// Every other one is told by its results: by its age, its size, and whether another part has it.
bool part_core::may_be_ours(const batch_view& b) const {
  if (rules_.search != search_by::results || b.id.empty() || former_.contains(b.id) || rejected_.contains(b.id))
    return false;
  if (rules_.is_known && rules_.is_known(b.id))
    return false;
  if (b.created != 0 && (point_of(b.created) < intended_ - coarse(rules_.clock_skew) ||
                         point_of(b.created) > last_sent_ + coarse(rules_.list_lag + rules_.clock_skew)))
    return false;
  return !b.total || *b.total == 0 || *b.total == plan_.items.size();
}

void part_core::listed(const part_answer& a, const std::string& from, wall_point now, double random) {
  if (a.why)
    return is_final(a.why) ? void(failed_ = a.why) : again(a.why, now, random);
  bool older = !a.page.batches.empty();
  for (const auto& b : a.page.batches) {
    if (is_ours(b)) {
      seen_ = b;
      write(part_step::created, now, b.id);
      return;
    }
    if (may_be_ours(b) && std::find(candidates_.begin(), candidates_.end(), b.id) == candidates_.end())
      candidates_.push_back(b.id);
    older = older && b.created != 0 && point_of(b.created) < intended_ - coarse(rules_.clock_skew);
  }
  if (!a.page.next.empty() && a.page.next != from && !older && ++pages_ < most_pages) {
    page_ = a.page.next;
    return;
  }
  page_.clear();
  pages_ = 0;
  search_begun_ = false;
  if (!candidates_.empty())
    return;
  if (pass_at_ < search_at_) {
    not_before_ = search_at_;
    return;
  }
  searching_ = false;
  create_sent_ = false;
}

void part_core::probed(const part_request& to, const part_answer& a, wall_point now, double random) {
  if (candidate_since_ == wall_point())
    candidate_since_ = now;
  if (a.why && is_gone(a.why) && now - candidate_since_ < rules_.appears_within)
    return again(a.why, now, random);
  if (a.why && !is_gone(a.why)) {
    if (is_final(a.why))
      failed_ = a.why;
    else
      again(a.why, now, random);
    return;
  }
  if (to.what == part_request::kind::poll) {
    if (!a.why) {
      auto id = candidate_->id;
      candidate_ = a.batch;
      candidate_->id = std::move(id);
      if (!candidate_->ended()) {
        not_before_ = now + coarse(rules_.pace.wait(polls_++, now - intended_, random));
        return;
      }
      probes_.assign(candidate_->places.begin(), candidate_->places.end());
      candidate_since_ = {};
      if (!probes_.empty())
        return;
    }
  } else {
    if (a.ours) {
      seen_ = candidate_;
      write(part_step::created, now, candidate_->id);
      return;
    }
    if (!probes_.empty())
      probes_.pop_front();
    if (!probes_.empty())
      return;
  }
  // It is somebody else's, or nothing tells whose.
  rejected_.insert(candidate_->id);
  candidate_.reset();
  if (!candidates_.empty())
    return;
  if (pass_at_ < search_at_)
    not_before_ = std::max(not_before_, search_at_);
  else {
    searching_ = false;
    create_sent_ = false;
  }
}

} // namespace weir::inline v0::vendor_batch
