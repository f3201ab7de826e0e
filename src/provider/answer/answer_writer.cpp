#include "provider/answer/answer_writer.hpp"

#include <utility>

#include "provider/answer/shared_details.hpp"

namespace weir::inline v0::provider {

std::size_t answer_writer::slot_of(std::uint64_t choice) {
  for (std::size_t i = 0; i < choices_.size(); ++i)
    if (choices_[i].number == choice)
      return i;
  if (choices_.size() == max_choices || choice > UINT32_MAX)
    return none;
  choices_.emplace_back().number = static_cast<std::uint32_t>(choice);
  return choices_.size() - 1;
}

void answer_writer::turn_to(choice_state& c, event::kind k, events& out) {
  if (c.speaking == k)
    return;
  c.speaking = k;
  settle_texts(c, out);
  if (k != event::kind::tool_call) // a call settles the others, and may already have started
    settle_calls(c, none, out);
}

void answer_writer::give(event::kind k, const choice_state& c, std::string_view text, events& out) {
  out.emplace_back(k, std::string(text), c.number);
  note_said(k);
}

void answer_writer::piece(event::kind k, std::size_t slot, std::string_view text, events& out) {
  if (text.empty())
    return;
  auto& c = choices_[slot];
  turn_to(c, k, out);
  auto& v = voice(c, k);
  v.add(text, [&](std::string_view part) { give(k, c, part, out); });
  contradicted_ = contradicted_ || v.contradicted();
}

void answer_writer::whole(event::kind k, std::size_t slot, std::string_view text, events& out) {
  if (text.empty())
    return;
  auto& c = choices_[slot];
  turn_to(c, k, out);
  voice(c, k).whole(text, [&](std::string_view part) { give(k, c, part, out); });
}

void answer_writer::fresh(event::kind k, std::size_t slot, std::string_view text, events& out) {
  if (text.empty())
    return;
  auto& c = choices_[slot];
  turn_to(c, k, out);
  voice(c, k).told(text);
  give(k, c, text, out);
}

void answer_writer::call(std::size_t slot, std::size_t place, const call_piece& p, naming n, bool all, events& out) {
  auto& state = choices_[slot];
  turn_to(state, event::kind::tool_call, out);
  settle_calls(state, place, out);
  auto& c = state.calls.at(place);
  const bool new_id = c.id.empty() && !p.id.empty();
  if (new_id)
    c.id = p.id;
  const bool unnamed = c.name.empty();
  add_name(c, p.name);
  said_ = answered_ = true;
  const bool new_name = unnamed && !c.name.empty();
  if (c.told && (new_id || new_name)) {
    event::details more;
    more.tool_index = static_cast<std::uint32_t>(place);
    more.tool_id = new_id ? c.id : std::string();
    more.tool_name = new_name ? c.name : std::string();
    out.emplace_back(event::kind::tool_call, std::string(), state.number, shared(std::move(more)));
  }
  const auto say = [&](std::string_view part) { give_call(state, place, part, out); };
  constexpr std::string_view empty = "{}";
  const bool ahead = !all && n == naming::may_go_on && p.arguments == empty && c.arguments.size() == 0;
  const bool again = c.balance.closed() && (c.arguments.is(p.arguments) || p.arguments == empty);
  if (ahead || !p.arguments.empty())
    c.empty_object = ahead;
  if (all)
    c.arguments.whole(p.arguments, say);
  else if (!ahead && !again)
    c.arguments.add(p.arguments, say);
  if (!c.told && n == naming::whole)
    give_call(state, place, {}, out);
}

// The first event of a call carries its id and name; the others are alike but for their text.
void answer_writer::give_call(choice_state& s, std::size_t place, std::string_view arguments, events& out) {
  auto& c = s.calls.at(place);
  c.balance.add(arguments);
  const bool first = !std::exchange(c.told, true);
  auto about = first ? nullptr : c.further;
  if (!about) {
    event::details more;
    more.tool_index = static_cast<std::uint32_t>(place);
    if (first) {
      more.tool_id = c.id;
      more.tool_name = c.name;
    }
    about = shared(std::move(more));
  }
  if (!first)
    c.further = about;
  out.emplace_back(event::kind::tool_call, std::string(arguments), s.number, std::move(about));
}

void answer_writer::medium(std::size_t slot, std::string_view id, media m, events& out) {
  auto& c = choices_[slot];
  turn_to(c, event::kind::media, out);
  const bool goes_on = !id.empty() && c.media > 0 && c.medium_id == id;
  if (!goes_on) {
    ++c.media;
    c.medium_id = id;
  }
  event::details more;
  more.media = std::move(m);
  more.media_index = c.media - 1;
  out.emplace_back(event::kind::media, std::string(), c.number, shared(std::move(more)));
  note_said(event::kind::media);
}

void answer_writer::finish(std::size_t slot, std::string_view reason, std::optional<std::uint64_t> seed, events& out) {
  auto& c = choices_[slot];
  if (std::exchange(c.finished, true))
    return;
  settle(c, out);
  event::details more;
  more.finish_reason = reason;
  more.seed = seed;
  out.emplace_back(event::kind::finish, std::string(), c.number, shared(std::move(more)));
}

void answer_writer::report(const usage& counts, events& out) {
  auto now = reported_;
  now.merge(counts);
  // Some providers repeat the counts in every event.
  if (now == reported_)
    return;
  reported_ = now;
  event::details more;
  more.usage = std::move(now);
  out.emplace_back(event::kind::usage, std::string(), 0, shared(std::move(more)));
}

void answer_writer::settle_texts(choice_state& c, events& out) {
  for (const auto k : {event::kind::reasoning, event::kind::text, event::kind::refusal})
    voice(c, k).settle([&](std::string_view part) { give(k, c, part, out); });
}

void answer_writer::settle_calls(choice_state& c, std::size_t but, events& out) {
  for (std::size_t i = 0; i < c.calls.size(); ++i) {
    if (i == but)
      continue;
    auto& one = c.calls.at(i);
    const auto say = [&](std::string_view part) { give_call(c, i, part, out); };
    if (std::exchange(one.empty_object, false))
      one.arguments.add("{}", say);
    one.arguments.settle(say);
    if (!one.told)
      give_call(c, i, {}, out);
  }
}

void answer_writer::settle(choice_state& c, events& out) {
  settle_texts(c, out);
  settle_calls(c, none, out);
}

void answer_writer::settle(events& out) {
  for (auto& c : choices_)
    settle(c, out);
}

} // namespace weir::inline v0::provider
