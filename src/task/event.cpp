#include <weir/task/event.hpp>

namespace weir::inline v0 {

std::string_view name_of(outcome o) noexcept {
  switch (o) {
  case outcome::complete: return "complete";
  case outcome::length: return "length";
  case outcome::filtered: return "filtered";
  case outcome::in_band_error: return "in_band_error";
  case outcome::truncated: return "truncated";
  case outcome::stalled: return "stalled";
  case outcome::cancelled: return "cancelled";
  case outcome::deadline: return "deadline";
  case outcome::failed: return "failed";
  }
  return "unknown";
}

outcome outcome_of(const failure& f) noexcept {
  if (!f)
    return outcome::complete;
  switch (f.code().category() == error_category() ? static_cast<errc>(f.code().value()) : errc()) {
  case errc::cancelled: return outcome::cancelled;
  case errc::deadline_exceeded: return outcome::deadline;
  case errc::first_token_timeout:
  case errc::stalled: return outcome::stalled;
  case errc::in_band_error: return outcome::in_band_error;
  case errc::truncated:
  case errc::malformed_event: return outcome::truncated;
  case errc::filtered: return outcome::filtered;
  default: return outcome::failed;
  }
}

std::string_view name_of(event::kind k) noexcept {
  switch (k) {
  case event::kind::text: return "text";
  case event::kind::reasoning: return "reasoning";
  case event::kind::refusal: return "refusal";
  case event::kind::tool_call: return "tool_call";
  case event::kind::media: return "media";
  case event::kind::finish: return "finish";
  case event::kind::usage: return "usage";
  case event::kind::continued: return "continued";
  case event::kind::progress: return "progress";
  case event::kind::raw: return "raw";
  case event::kind::reasoning_block: return "reasoning_block";
  }
  return "unknown";
}

std::string_view name_of(progress::stage s) noexcept {
  switch (s) {
  case progress::stage::submitted: return "submitted";
  case progress::stage::queued: return "queued";
  case progress::stage::running: return "running";
  case progress::stage::downloading: return "downloading";
  }
  return "unknown";
}

} // namespace weir::inline v0
