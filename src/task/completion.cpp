#include <weir/task/completion.hpp>

#include <algorithm>

namespace weir::inline v0 {

namespace {

choice& choice_of(std::vector<choice>& choices, std::uint32_t index) {
  const auto at = std::lower_bound(choices.begin(), choices.end(), index,
                                   [](const choice& c, std::uint32_t i) { return c.index < i; });
  if (at != choices.end() && at->index == index)
    return *at;
  choice made;
  made.index = index;
  return *choices.insert(at, std::move(made));
}

// Calls are numbered without gaps (event::details::tool_index), so an index beyond the end, which only a handmade event
// has, opens the next call and never a series of empty ones.
tool_call& call_of(std::vector<tool_call>& calls, std::uint32_t index) {
  if (index < calls.size())
    return calls[index];
  return calls.emplace_back();
}

void add_media(std::vector<media>& all, const event::details& d) {
  if (d.media_index >= all.size()) {
    all.push_back(d.media);
    return;
  }
  auto& m = all[d.media_index];
  m.bytes += d.media.bytes;
  if (m.url.empty())
    m.url = d.media.url;
}

} // namespace

void completion::add(const event& e) {
  if (e.is(event::kind::continued) || e.is(event::kind::progress) || e.is(event::kind::raw))
    return;
  if (e.is(event::kind::usage)) {
    if (const auto* reported = e.usage())
      usage.merge(*reported);
    return;
  }
  auto& c = choice_of(choices, e.choice());
  switch (e.type()) {
  case event::kind::text: c.text += e.content(); break;
  case event::kind::reasoning: c.reasoning += e.content(); break;
  case event::kind::refusal: c.refusal += e.content(); break;
  case event::kind::reasoning_block: c.reasoning_blocks.push_back(e.content()); break;
  case event::kind::tool_call: {
    auto& call = call_of(c.tool_calls, e.tool_index());
    if (call.id.empty())
      call.id = e.tool_id();
    if (call.name.empty())
      call.name = e.tool_name();
    call.arguments += e.content();
    break;
  }
  case event::kind::media:
    if (e.more())
      add_media(c.media, *e.more());
    break;
  case event::kind::finish: c.finish_reason = e.finish_reason(); break;
  case event::kind::usage:
  case event::kind::continued:
  case event::kind::progress:
  case event::kind::raw: break;
  }
  if (const auto* more = e.more())
    c.logprobs.insert(c.logprobs.end(), more->logprobs.begin(), more->logprobs.end());
}

} // namespace weir::inline v0
