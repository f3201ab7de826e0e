#include "bench/data/gatherer.hpp"

#include <algorithm>
#include <utility>

#include <weir/core/error.hpp>

#include "batch/input/request_form.hpp"
#include "core/time/duration.hpp"

namespace weir::inline v0::data {

namespace json = codec::json;

namespace {

// The row as a request of a batch: what else it has are columns, such as the id.
void rewrite(input::row& r, json::object body) {
  json::object members;
  for (auto& member : r.members)
    if (!member.value().is_structured() && member.key() != "method" && member.key() != "url")
      members[member.key()] = std::move(member.value());
  members["body"] = std::move(body);
  r.members = std::move(members);
  r.table = false;
}

std::vector<message> messages_of(const chat& ask) {
  auto all = ask.messages();
  // The system message of all, which the conversation begins with.
  std::erase_if(all, [](const message& m) { return m.role() == "system" || m.role() == "developer"; });
  return all;
}

std::string counted(std::uint64_t n, std::string_view what) {
  return std::to_string(n) + " " + std::string(what) + (n == 1 ? "" : "s");
}

// `59 min`
std::string roughly(duration d) {
  const auto s = std::chrono::duration_cast<std::chrono::seconds>(d).count();
  if (s < 120)
    return std::to_string(s) + " s";
  if (s < 7200)
    return std::to_string(s / 60) + " min";
  return s < 172'800 ? std::to_string(s / 3600) + " h" : std::to_string(s / 86'400) + " days";
}

} // namespace

gatherer::gatherer(bench_data o, std::shared_ptr<const input::opened_input> from)
    : options_(std::move(o)), from_(std::move(from)) {
  const auto& in = options_.input();
  shapes_ = !in.maker() && in.prompt().empty() && in.media().empty() &&
            in.task().value_or(task_kind::chat) == task_kind::chat;
}

void gatherer::refuse(const batch_item& item, const std::string& why) {
  throw error(errc::invalid_argument, item.origin() + ": " + why);
}

void gatherer::look_at(input::row& r) {
  shaped_.reset();
  if (!shapes_)
    return;
  try {
    shaped_ = shape_of(r);
  } catch (const error& e) {
    r.problem = e.failure().message(); // its item is rejected with the place
    return;
  }
  if (!shaped_)
    return;
  auto& s = *shaped_;
  // Parameters of its own are kept with its text.
  if (s.made_up && s.body.size() > 1) {
    s.made_up = false;
    s.body["messages"] = json::array{message_object("user", json::value(prompt_of(s.shape, rows_ + 1)))};
  }
  rewrite(r, std::move(s.body));
}

void gatherer::add(batch_item item, std::size_t input, std::uint64_t line) {
  ++rows_;
  if (item.rejection())
    throw error(*item.rejection());
  auto s = std::exchange(shaped_, std::nullopt).value_or(shaped_row());
  if (rows_ == 1)
    format_ = s.format;
  if (s.left_out) {
    ++left_out_;
    return;
  }
  kept_turn turn;
  turn.number = rows_;
  turn.delay = s.delay;
  turn.output_tokens = s.output_tokens;
  turn.made_up = s.made_up;
  turn.whole = s.whole;
  turn.shape = std::move(s.shape);
  // What has its own time and all that was said before it waits for no other.
  const bool alone = s.session.empty() || (s.at && s.whole);
  if (const auto known = alone ? sessions_.end() : sessions_.find(s.session); known != sessions_.end()) {
    auto& last = known->second.last;
    if (s.at && last)
      turn.delay = std::max(duration(), *s.at - *last);
    last = s.at ? s.at : last;
    go_on(all_[known->second.prompt], std::move(turn), std::move(item));
    return;
  }
  if (!alone)
    sessions_.emplace(s.session, session(all_.size(), s.at));
  begin(std::move(turn), std::move(s), std::move(item), input, line);
}

void gatherer::begin(kept_turn turn, shaped_row s, batch_item item, std::size_t input, std::uint64_t line) {
  if (!all_.empty() && all_.front().at.has_value() != s.at.has_value())
    refuse(item, s.at ? "this row has a time, but the rows before it have none: all have one or none has"
                      : "this row has no time, but the rows before it have one: all have one or none has");
  kept_prompt p;
  p.at = s.at;
  p.input = input;
  p.line = line;
  const auto where = item.origin();
  if (!turn.made_up)
    keep(turn, std::move(item));
  p.turns.push_back(std::move(turn));
  for (auto& t : s.turns)
    p.turns.push_back(later(std::move(t), where));
  all_.push_back(std::move(p));
}

void gatherer::keep(kept_turn& in, batch_item item) const {
  auto request = std::move(item).request();
  limit_answer(request, in.output_tokens, options_);
  in.request = std::make_unique<const batch_item::request_type>(std::move(request));
}

kept_turn gatherer::later(later_turn t, std::string_view where) const {
  kept_turn kept;
  kept.delay = t.delay;
  kept.output_tokens = t.output_tokens;
  const json::object row{{"messages", std::move(t.messages)}};
  kept.add = std::get<chat>(input::form_request(row, false, where).request).messages();
  return kept;
}

void gatherer::go_on(kept_prompt& with, kept_turn turn, batch_item item) {
  if (!turn.made_up && turn.whole) {
    keep(turn, std::move(item));
  } else if (!turn.made_up) {
    const auto* ask = std::get_if<chat>(&item.request());
    if (!ask)
      refuse(item, "only a chat goes on, and this is no further message of one");
    turn.add = messages_of(*ask);
  }
  with.turns.push_back(std::move(turn));
}

std::string gatherer::input_name() const {
  const auto& paths = from_->paths;
  return paths.front().name + (paths.size() > 1 ? " and " + std::to_string(paths.size() - 1) + " more" : "");
}

// The window of times, counted from its beginning.
void gatherer::cut() {
  if (!all_.front().at) {
    if (options_.from() > duration() || options_.to() < duration::max())
      throw error(errc::invalid_argument,
                  "a part by time is of recorded loads, and the rows of " + input_name() + " have no times");
    return;
  }
  std::stable_sort(all_.begin(), all_.end(), [](const kept_prompt& a, const kept_prompt& b) { return *a.at < *b.at; });
  const auto first = *all_.front().at;
  const auto length = *all_.back().at - first;
  std::erase_if(
      all_, [&](const kept_prompt& p) { return *p.at - first < options_.from() || *p.at - first >= options_.to(); });
  if (all_.empty())
    throw error(errc::invalid_argument, "no request of " + input_name() + " is in that part of time: its last one is " +
                                            format_duration(length) + " after its first one");
  for (auto& p : all_)
    *p.at -= first + options_.from();
}

std::string gatherer::text() const {
  const auto prompts = static_cast<std::uint64_t>(all_.size());
  std::uint64_t requests = 0;
  for (const auto& p : all_)
    requests += p.turns.size();
  auto all = input_name() + " (" + (format_.empty() ? "" : format_ + ", ");
  if (all_.front().at)
    all += counted(requests, "request") + " over " + roughly(*all_.back().at - *all_.front().at);
  else
    all += counted(prompts, requests > prompts ? "conversation" : "prompt");
  if (left_out_ > 0)
    all += ", " + std::to_string(left_out_) + " left out";
  return all + (stopped_ ? ", not all of it)" : ")");
}

std::unique_ptr<bench_prompts> gatherer::prompts() && {
  if (all_.empty())
    throw error(
        errc::invalid_argument,
        input_name() + " has no prompts" +
            (left_out_ > 0 ? ": its " + counted(left_out_, "row") + " failed when recorded, or ask nothing" : ""));
  cut();
  auto shown = text();
  return std::make_unique<file_prompts>(std::move(options_), std::move(from_), std::move(all_), std::move(shown));
}

} // namespace weir::inline v0::data
