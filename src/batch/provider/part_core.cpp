#include "batch/provider/part_core.hpp"

#include <algorithm>
#include <utility>

namespace weir::inline v0::vendor_batch {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Pages of a list, of a hundred batches each.
constexpr unsigned most_pages = 1000;
constexpr unsigned cleaning_tries = 3;

std::int64_t seconds_of(wall_point when) {
  return std::chrono::duration_cast<seconds>(when.time_since_epoch()).count();
}
wall_point point_of(std::int64_t unix_seconds) { return wall_point(seconds(unix_seconds)); }

wall_point later(wall_point now, duration d) {
  return now + std::chrono::duration_cast<wall_point::duration>(d);
}

bool mentions_room(std::string_view code, std::string_view message) {
  return code == "token_limit_exceeded" || code == "batch_token_limit_exceeded" ||
         message.find("nqueued token limit") != std::string_view::npos;
}

// The batch was turned away as a whole, for want of room, before any line of it was run.
bool lacks_room(const batch_view& b) {
  return b.state == batch_state::failed && b.places.empty() &&
         std::any_of(b.problems.begin(), b.problems.end(),
                     [](const batch_problem& p) { return mentions_room(p.code, p.message); });
}

bool is_gone(const failure& why) { return why.status() == 404 || why.code() == errc::not_found; }

// The server has told that it did not act on the request.
bool is_refusal(int status) {
  return status >= 400 && status < 500 && status != 408 && status != 409 && status != 425 && status != 499;
}

} // namespace

part_core::part_core(part_event planned, part_rules rules) : plan_(std::move(planned)), rules_(std::move(rules)) {}

void part_core::restore(const part_event& e) {
  event_ = e;
  on_synced();
  switch (e.step) {
  case part_step::uploaded: file_restored_ = true; break;
  case part_step::intended: search_from({}); break;
  default: break;
  }
}

void part_core::on_synced() {
  const auto e = std::move(*event_);
  event_.reset();
  const auto at = point_of(e.at);
  switch (e.step) {
  case part_step::planned: break;
  case part_step::uploaded: file_ = e.id; break;
  case part_step::intended:
    nonce_ = e.id;
    intended_ = at;
    ++intents_;
    waits_for_room_ = false;
    break;
  case part_step::created:
    batch_ = e.id;
    created_ = at;
    polls_ = 0;
    searching_ = false;
    candidate_.reset();
    candidates_.clear();
    break;
  case part_step::terminal:
    if (e.again) {
      former_.insert(std::exchange(batch_, {}));
      nonce_.clear();
      create_sent_ = false;
      seen_.reset();
      waits_for_room_ = true;
    } else {
      ended_ = e;
      ended_at_ = at;
    }
    break;
  case part_step::fetched: fetched_[e.id] = e; break;
  case part_step::settled: settled_ = true; break;
  case part_step::cleaned: cleaned_ = true; break;
  }
}

part_action part_core::next(wall_point now, double) {
  if (failed_)
    return fail(failed_);
  if (event_) {
    part_action a;
    a.what = part_action::kind::write;
    a.event = *event_;
    return a;
  }
  if (cleaned_)
    return {};
  if (not_before_ > now && !(cancelling_ && waits_for_room_)) {
    part_action a;
    a.what = part_action::kind::wait;
    a.until = not_before_;
    return a;
  }
  if (settled_)
    return next_cleaning(now);
  if (ended_)
    return next_of_results(now);
  if (!batch_.empty())
    return next_of_batch(now);
  if (!nonce_.empty())
    return next_of_intent(now);
  if (cancelling_)
    return write(part_step::settled, now);
  if (rules_.uploads && file_.empty())
    return send(part_request::kind::upload, {});
  return write(part_step::intended, now, "weir-" + plan_.tag + '-' + std::to_string(intents_ + 1));
}

part_action part_core::write(part_step step, wall_point now, std::string id) {
  event_ = part_event(step, plan_.part, seconds_of(now));
  event_->id = std::move(id);
  part_action a;
  a.what = part_action::kind::write;
  a.event = *event_;
  return a;
}

part_action part_core::send(part_request::kind k, std::string argument) {
  part_action a;
  a.what = part_action::kind::send;
  a.request = part_request(k, std::move(argument));
  return a;
}

part_action part_core::fail(failure why) {
  part_action a;
  a.what = part_action::kind::failed;
  a.why = std::move(why);
  return a;
}

part_action part_core::next_of_intent(wall_point now) {
  if (searching_)
    return next_search(now);
  if (cancelling_ && !create_sent_)
    return write(part_step::settled, now);
  if (rules_.uploads && file_.empty())
    return send(part_request::kind::upload, {});
  create_sent_ = true;
  return send(part_request::kind::create, nonce_);
}

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
    search_at_ = later(now, rules_.list_lag);
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

part_action part_core::next_of_batch(wall_point) {
  if (cancelling_ && !cancel_sent_)
    return send(part_request::kind::cancel, batch_);
  return send(part_request::kind::poll, batch_);
}

part_action part_core::next_of_results(wall_point now) {
  for (const auto& place : ended_->places)
    if (!fetched_.contains(place))
      return send(part_request::kind::fetch, place);
  if (delivered_)
    return write(part_step::settled, now);
  part_action a;
  a.what = part_action::kind::deliver;
  return a;
}

part_action part_core::next_cleaning(wall_point now) {
  if (rules_.remove_input && !input_removed_ && !file_.empty())
    return send(part_request::kind::remove_input, file_);
  if (rules_.remove_output && !output_removed_ && !batch_.empty())
    return send(part_request::kind::remove_output, batch_);
  return write(part_step::cleaned, now);
}

void part_core::on_answer(const part_request& to, const part_answer& a, wall_point now, double random) {
  if (!a.why)
    failures_ = 0;
  switch (to.what) {
  case part_request::kind::upload:
    if (a.why)
      return is_final(a.why) ? void(failed_ = a.why) : again(a.why, now, random);
    write(part_step::uploaded, now, a.file);
    return;
  case part_request::kind::create: return created(a, now, random);
  case part_request::kind::list: return listed(a, to.argument, now, random);
  case part_request::kind::poll:
    if (candidate_ && candidate_->id == to.argument)
      return probed(to, a, now, random);
    return polled(a, now, random);
  case part_request::kind::probe: return probed(to, a, now, random);
  case part_request::kind::fetch: return fetched(a, to.argument, now, random);
  case part_request::kind::cancel:
    // A refusal means that it has ended.
    if (a.why && !is_refusal(a.why.status()) && a.why.status() != 409)
      return again(a.why, now, random);
    cancel_sent_ = true;
    polls_ = 0;
    return;
  case part_request::kind::remove_input:
  case part_request::kind::remove_output:
    if (a.why && !is_final(a.why) && ++cleaning_failures_ < cleaning_tries)
      return again(a.why, now, random);
    cleaning_failures_ = 0;
    (to.what == part_request::kind::remove_input ? input_removed_ : output_removed_) = true;
    return;
  }
}

void part_core::created(const part_answer& a, wall_point now, double random) {
  last_sent_ = now;
  if (!a.why && !a.batch.id.empty()) {
    seen_ = a.batch;
    write(part_step::created, now, a.batch.id);
    return;
  }
  const auto status = a.why.status();
  if (a.why && (!a.sent || is_refusal(status))) {
    create_sent_ = false;
    if (mentions_room(a.why.remote_code(), a.why.remote())) {
      waits_for_room_ = true;
      not_before_ = later(now, room_wait());
    } else if (!is_final(a.why)) {
      again(a.why, now, random);
    } else if ((status == 404 || status == 400) && std::exchange(file_restored_, false)) {
      file_.clear(); // kept by the provider for a while only
    } else {
      failed_ = a.why;
    }
    return;
  }
  search_from(later(now, rules_.list_lag));
  not_before_ = search_at_;
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
  if (b.created != 0 && (point_of(b.created) < intended_ - std::chrono::duration_cast<seconds>(rules_.clock_skew) ||
                         point_of(b.created) > later(last_sent_, rules_.list_lag + rules_.clock_skew)))
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
    older = older && b.created != 0 &&
            point_of(b.created) < intended_ - std::chrono::duration_cast<seconds>(rules_.clock_skew);
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
        not_before_ = later(now, rules_.pace.wait(polls_++, now - intended_, random));
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

void part_core::polled(const part_answer& a, wall_point now, double random) {
  if (now - created_ > rules_.longest && (a.why || !a.batch.ended()))
    return end(batch_view(), now, "given up");
  if (a.why) {
    if (is_gone(a.why) && now - created_ >= rules_.appears_within)
      return end(batch_view(), now, "vanished");
    if (is_final(a.why) && !is_gone(a.why))
      failed_ = a.why;
    else
      again(a.why, now, random);
    return;
  }
  seen_ = a.batch;
  const bool more_to_come = a.batch.ended() && a.batch.places.empty() && a.batch.completed.value_or(0) > 0;
  if (more_to_come && !without_files_)
    without_files_ = now;
  if (a.batch.ended() && !(more_to_come && now - *without_files_ < rules_.files_within))
    return end(a.batch, now);
  not_before_ = later(now, rules_.pace.wait(polls_++, now - created_, random));
}

void part_core::end(const batch_view& b, wall_point now, std::string remark) {
  write(part_step::terminal, now);
  event_->state = b.ended() ? b.state : batch_state::failed;
  event_->places = b.places;
  event_->problems = b.problems;
  event_->remark = std::move(remark);
  event_->again = lacks_room(b) && !cancelling_;
  if (event_->again)
    not_before_ = later(now, room_wait());
}

void part_core::fetched(const part_answer& a, const result_place& place, wall_point now, double random) {
  if (a.why && !is_gone(a.why)) {
    if (is_final(a.why))
      failed_ = a.why;
    else
      again(a.why, now, random);
    return;
  }
  if (a.why && now - ended_at_ < rules_.appears_within)
    return again(a.why, now, random);
  write(part_step::fetched, now, place);
  if (!a.why) {
    event_->file = a.file;
    event_->bytes = a.bytes;
    event_->sha256 = a.sha256;
  }
}

void part_core::on_delivered() { delivered_ = true; }

void part_core::on_lost(const result_place& place) {
  fetched_.erase(place);
  delivered_ = false;
}

void part_core::on_room() noexcept {
  if (waits_for_room_)
    not_before_ = {};
}

std::optional<wall_point> part_core::created_at() const noexcept {
  return batch_.empty() ? std::nullopt : std::optional(created_);
}

duration part_core::room_wait() {
  const auto n = std::min(rejections_++, 4u);
  return std::min<duration>(minutes(1) * (1u << n), minutes(15));
}

void part_core::again(const failure& why, wall_point now, double random) {
  if (++failures_ > rules_.max_failures) {
    failed_ = why;
    return;
  }
  not_before_ = later(now, retry_wait(failures_, random, why.retry_after()));
}

bool part_core::is_final(const failure& why) const noexcept {
  const auto code = why.code();
  // A page of HTML from a gateway, say: it is tried again as often as any other failure.
  if (code == errc::malformed_response || code == errc::unexpected_content)
    return false;
  return code == condition::refused || code == condition::quota_exhausted || code == condition::configuration ||
         code == errc::not_saved || code == errc::out_of_resources;
}

std::string_view part_core::doing() const noexcept {
  if (failed_)
    return "stopped";
  if (settled_)
    return "cleaning up";
  if (ended_)
    return "fetching";
  if (!batch_.empty())
    return cancelling_ ? "cancelling" : seen_ ? name_of(seen_->state) : std::string_view("running");
  if (searching_)
    return "searching";
  return waits_for_room_ ? "waiting for room" : "submitting";
}

} // namespace weir::inline v0::vendor_batch
