#include "sim/batches/batch.hpp"

#include <algorithm>

namespace weir::inline v0::sim {

namespace json = codec::json;

std::string_view name_of(batch_vendor v) noexcept {
  switch (v) {
  case batch_vendor::openai: return "openai";
  case batch_vendor::novita: return "novita";
  case batch_vendor::together: return "together";
  case batch_vendor::mistral: return "mistral";
  case batch_vendor::anthropic: return "anthropic";
  case batch_vendor::gemini: return "gemini";
  case batch_vendor::fireworks: return "fireworks";
  case batch_vendor::xai: return "xai";
  case batch_vendor::openrouter: return "openrouter";
  }
  return {};
}

std::string_view name_of(batch_phase p) noexcept {
  switch (p) {
  case batch_phase::validating: return "validating";
  case batch_phase::failed: return "failed";
  case batch_phase::running: return "in_progress";
  case batch_phase::finalizing: return "finalizing";
  case batch_phase::completed: return "completed";
  case batch_phase::expired: return "expired";
  case batch_phase::cancelling: return "cancelling";
  case batch_phase::cancelled: return "cancelled";
  }
  return {};
}

bool is_terminal(batch_phase p) noexcept {
  return p == batch_phase::failed || p == batch_phase::completed || p == batch_phase::expired ||
         p == batch_phase::cancelled;
}

void batch_usage::add(const json::value& answer) noexcept {
  const auto number = [](const json::value& v, std::string_view key) { return codec::uint_at(v, key).value_or(0); };
  if (const auto* u = codec::find(answer, "usageMetadata")) {
    input += number(*u, "promptTokenCount");
    output += number(*u, "candidatesTokenCount") + number(*u, "thoughtsTokenCount");
    reasoning += number(*u, "thoughtsTokenCount");
    return;
  }
  const auto* u = codec::find(answer, "usage");
  if (!u)
    return;
  input += number(*u, "prompt_tokens") + number(*u, "input_tokens");
  output += number(*u, "completion_tokens") + number(*u, "output_tokens");
  for (const auto* details : {codec::find(*u, "prompt_tokens_details"), codec::find(*u, "input_tokens_details")})
    cached += details ? number(*details, "cached_tokens") : 0;
  for (const auto* details : {codec::find(*u, "completion_tokens_details"), codec::find(*u, "output_tokens_details")})
    reasoning += details ? number(*details, "reasoning_tokens") : 0;
}

const fault* batch::has(fault_kind kind) const noexcept {
  const auto it = std::find_if(faults.begin(), faults.end(), [kind](const fault& f) { return f.kind() == kind; });
  return it == faults.end() ? nullptr : &*it;
}

wall_time batch::ends_at() const noexcept {
  if (refused())
    return runs_at();
  const auto* slow = has(fault_kind::batch_slow_finalize);
  return (cancel_asked ? *cancel_asked : finalizes_at()) + (slow ? slow->time() : finalize);
}

batch_phase batch::phase(wall_time now) const noexcept {
  if (refused())
    return now < runs_at() ? batch_phase::validating : batch_phase::failed;
  const bool late = answered < due(now);
  if (cancel_asked)
    return late || now < ends_at() ? batch_phase::cancelling : batch_phase::cancelled;
  if (now < runs_at() || content.lines.empty())
    return batch_phase::validating;
  if (late || now < finalizes_at())
    return batch_phase::running;
  if (now < ends_at())
    return batch_phase::finalizing;
  return has(fault_kind::batch_expired) ? batch_phase::expired : batch_phase::completed;
}

std::size_t batch::due(wall_time now) const noexcept {
  const auto all = content.lines.size();
  auto most = all;
  if (const auto* expires = has(fault_kind::batch_expired))
    // What Gemini's expired batches have answered cannot be read.
    most = vendor == batch_vendor::gemini ? 0 : all * std::min<std::uint64_t>(expires->count(), 100) / 100;
  const auto moment = cancel_asked ? std::min(*cancel_asked, now) : now;
  if (refused() || moment < runs_at())
    return 0;
  if (moment >= finalizes_at())
    return most;
  const auto share = static_cast<double>((moment - runs_at()).count()) / static_cast<double>(run.count());
  return std::min(most, static_cast<std::size_t>(static_cast<double>(most) * share));
}

bool batch::spoils(std::size_t line) const noexcept {
  if (has(fault_kind::batch_no_output))
    return true;
  const auto* some = has(fault_kind::batch_error_lines);
  if (!some)
    return false;
  // Spread evenly: of every hundred lines exactly that many, of fewer at least one.
  const auto percent = std::min<std::uint64_t>(some->count(), 100);
  const auto before = [percent](std::uint64_t n) { return (n * percent + 99) / 100; };
  return before(line + 1) != before(line);
}

} // namespace weir::inline v0::sim
