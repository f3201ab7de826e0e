#include "batch/report/provider_words.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "batch/report/numbers.hpp"
#include "batch/report/words.hpp"
#include "codec/json/json.hpp"
#include "core/time/in_seconds.hpp"

namespace weir::inline v0 {

namespace {

std::string done_text(const batch_progress& p) {
  return p.total ? grouped(p.done) + '/' + grouped(*p.total) + " done" : grouped(p.done) + " done";
}

// `3 batches: 2 running, 1 validating`.
std::string batches_text(const provider_progress& at) {
  if (at.parts.empty())
    return at.parts_over == 0 ? std::string() : counted(at.parts_over, "batch", "batches") + " over";
  std::map<std::string, std::uint64_t> states;
  for (const auto& part : at.parts)
    ++states[part.state];
  auto text = counted(at.parts.size(), "batch", "batches") + ": ";
  bool first = true;
  for (const auto& [state, n] : states)
    text += (std::exchange(first, false) ? "" : ", ") + grouped(n) + ' ' + state;
  return text;
}

// How many of their lines are answered.
std::string answered_text(const provider_progress& at) {
  std::uint64_t there = 0, lines = 0, answered = 0;
  for (const auto& part : at.parts) {
    if (part.batch.empty())
      continue;
    ++there;
    if (!part.completed && !part.failed)
      continue;
    lines += part.lines;
    answered += std::min(part.lines, part.completed.value_or(0) + part.failed.value_or(0));
  }
  if (lines != 0)
    return grouped(answered) + " of " + grouped(lines) + " lines answered";
  return there == 0 ? "" : "the provider tells no progress";
}

std::string age_text(const provider_progress& at) {
  duration oldest{};
  for (const auto& part : at.parts)
    oldest = std::max(oldest, part.age);
  return oldest < std::chrono::seconds(1) ? "" : "for " + time_left(oldest);
}

std::string failed_text(const batch_progress& p) { return p.failed() == 0 ? "" : grouped(p.failed()) + " failed"; }

} // namespace

std::string provider_line(const batch_progress& p, const provider_progress& at, std::size_t columns) {
  const std::pair<int, std::string> pieces[] = {
      {1, done_text(p)}, {2, batches_text(at)}, {3, answered_text(at)},
      {5, age_text(at)}, {6, spent_text(p)},    {4, failed_text(p)},
  };
  for (int most = 6; most > 0; --most) {
    std::string line;
    for (const auto& [rank, text] : pieces)
      if (rank <= most && !text.empty())
        line += (line.empty() ? "" : "  ") + text;
    if (line.size() <= columns)
      return line;
  }
  return {};
}

std::string provider_sentence(const batch_progress& p, const provider_progress& at) {
  auto text = p.total ? grouped(p.done) + " of " + grouped(*p.total) + " done" : done_text(p);
  for (const auto& more : {failed_text(p), batches_text(at), answered_text(at), age_text(at)})
    if (!more.empty())
      text += ", " + more;
  if (const auto spent = spent_text(p); !spent.empty())
    text += ", " + spent + " spent";
  return text;
}

std::string provider_json(const batch_progress& p, const provider_progress& at) {
  error_code ec;
  auto v = codec::parse_json(progress_json(p, held_by::nothing), ec);
  codec::json::array batches;
  for (const auto& part : at.parts) {
    codec::json::object o;
    o["batch"] = part.batch;
    o["state"] = part.state;
    o["lines"] = part.lines;
    if (part.completed)
      o["completed"] = *part.completed;
    if (part.failed)
      o["failed"] = *part.failed;
    o["age_s"] = in_seconds(part.age);
    batches.push_back(std::move(o));
  }
  v.as_object()["batches"] = std::move(batches);
  return codec::to_text(v);
}

} // namespace weir::inline v0
