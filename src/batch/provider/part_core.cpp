#include "batch/provider/part_core.hpp"

#include <utility>

namespace weir::inline v0::vendor_batch {

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
      finalizing_.reset();
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
