// What the provider says, and what follows from it for a part.
#include "batch/provider/part_core.hpp"

#include <algorithm>
#include <utility>

namespace weir::inline v0::vendor_batch {

namespace {

using std::chrono::minutes;

constexpr unsigned cleaning_tries = 3;
constexpr const char* vanished = "vanished";

bool mentions_room(std::string_view code, std::string_view message) {
  return code == "token_limit_exceeded" || code == "batch_token_limit_exceeded" ||
         message.find("nqueued token limit") != std::string_view::npos;
}

// The batch was turned away as a whole, for want of room, before any line of it was run.
bool lacks_room(const batch_view& b) {
  return b.state == batch_state::failed && b.completed.value_or(0) == 0 &&
         std::any_of(b.problems.begin(), b.problems.end(),
                     [](const batch_problem& p) { return mentions_room(p.code, p.message); });
}

// The server has told that it did not act on the request.
bool is_refusal(int status) {
  return status >= 400 && status < 500 && status != 408 && status != 409 && status != 425 && status != 499;
}

} // namespace

bool is_gone(const failure& why) { return why.status() == 404 || why.code() == errc::not_found; }

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
      not_before_ = now + coarse(room_wait());
    } else if (!is_final(a.why)) {
      again(a.why, now, random);
    } else if ((status == 404 || status == 400) && std::exchange(file_restored_, false)) {
      file_.clear(); // kept by the provider for a while only
    } else {
      failed_ = a.why;
    }
    return;
  }
  search_from(now + coarse(rules_.list_lag));
  not_before_ = search_at_;
}

void part_core::polled(const part_answer& a, wall_point now, double random) {
  if (now - created_ > rules_.longest && (a.why || !a.batch.ended()))
    return end(seen_.value_or(batch_view()), now, "given up");
  if (a.why) {
    if (is_gone(a.why) && now - created_ >= rules_.appears_within)
      return end(seen_.value_or(batch_view()), now, vanished); // its results may still be where it said
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
  // xAI derives its state from counts, which need not say that a cancelled batch has ended.
  if (a.batch.state == batch_state::finalizing && !a.batch.places.empty()) {
    if (!finalizing_)
      finalizing_ = now;
    if (now - *finalizing_ >= rules_.finalizes_within) {
      auto as_it_is = a.batch;
      as_it_is.state = batch_state::cancelled;
      return end(as_it_is, now, "not finalized in time");
    }
  }
  not_before_ = now + coarse(rules_.pace.wait(polls_++, now - created_, random));
}

void part_core::end(const batch_view& b, wall_point now, std::string remark) {
  write(part_step::terminal, now);
  event_->state = b.ended() ? b.state : batch_state::failed;
  event_->places = b.places;
  event_->problems = b.problems;
  event_->remark = std::move(remark);
  event_->again = lacks_room(b) && !cancelling_;
  if (event_->again)
    not_before_ = now + coarse(room_wait());
}

void part_core::fetched(const part_answer& a, const result_place& place, wall_point now, double random) {
  const bool was_gone = ended_->remark == vanished;
  const bool gone = a.why && (is_gone(a.why) || (was_gone && is_refusal(a.why.status())));
  if (a.why && !gone) {
    if (is_final(a.why))
      failed_ = a.why;
    else
      again(a.why, now, random);
    return;
  }
  if (gone && !was_gone && now - ended_at_ < rules_.appears_within)
    return again(a.why, now, random);
  write(part_step::fetched, now, place);
  if (!a.why) {
    event_->file = a.file;
    event_->bytes = a.bytes;
    event_->sha256 = a.sha256;
  }
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
  not_before_ = now + coarse(retry_wait(failures_, random, why.retry_after()));
}

bool part_core::is_final(const failure& why) const noexcept {
  const auto code = why.code();
  // A page of HTML from a gateway, say: it is tried again as often as any other failure.
  if (code == errc::malformed_response || code == errc::unexpected_content)
    return false;
  return code == condition::refused || code == condition::quota_exhausted || code == condition::configuration ||
         code == errc::not_saved || code == errc::out_of_resources;
}

} // namespace weir::inline v0::vendor_batch
