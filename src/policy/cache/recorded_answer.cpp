#include "policy/cache/recorded_answer.hpp"

#include <algorithm>

#include <weir/task/results.hpp>
#include <weir/task/text_generation.hpp>

namespace weir::inline v0 {

namespace {

// What the allocator keeps of a block, and rounding.
constexpr std::size_t block = 16;

// Members of a class, which all see one another.
class sizes {
public:
  static std::size_t of(const std::string& s) noexcept { return s.capacity() > 15 ? s.capacity() + block : 0; }
  static std::size_t of(const media& m) noexcept {
    return sizeof m + of(m.bytes) + of(m.content_type) + of(m.url) + of(m.path) + of(m.name);
  }
  static std::size_t of(const token_info& t) noexcept { return sizeof t + of(t.text); }
  static std::size_t of(const token_logprob& t) noexcept {
    std::size_t n = sizeof t + of(t.token) + t.bytes.capacity();
    for (const auto& other : t.top)
      n += of(other);
    return n;
  }
  template <class T>
  static std::size_t of(const std::vector<T>& all) noexcept {
    std::size_t n = all.empty() ? 0 : block;
    for (const auto& one : all)
      n += of(one);
    return n;
  }
  static std::size_t of(const generated_sequence& s) noexcept {
    return sizeof s + of(s.text) + of(s.finish_reason) + of(s.prefill) + of(s.tokens) + of(s.top_tokens);
  }
  static std::size_t of(const tool_call& c) noexcept { return sizeof c + of(c.id) + of(c.name) + of(c.arguments); }
  static std::size_t of(const choice& c) noexcept {
    return sizeof c + of(c.text) + of(c.reasoning) + of(c.reasoning_blocks) +
           c.reasoning_blocks.size() * sizeof(std::string) + of(c.refusal) + of(c.tool_calls) + of(c.media) +
           of(c.finish_reason) + of(c.logprobs);
  }

  static std::size_t of(const std::any& result) noexcept {
    if (const auto* c = std::any_cast<completion>(&result))
      return sizeof *c + of(c->choices);
    if (const auto* g = std::any_cast<generation>(&result))
      return sizeof *g + of(g->sequence) + of(g->best_of);
    if (const auto* e = std::any_cast<embeddings>(&result))
      return sizeof *e + e->values.capacity() * sizeof(float) + (e->shape.capacity() + e->counts.capacity()) * 8;
    return 0;
  }
};

event with(event::kind k, std::string text, std::uint32_t at, event::details more) {
  return {k, std::move(text), at, std::make_shared<const event::details>(std::move(more))};
}

} // namespace

std::size_t size_of(const event& e) noexcept {
  std::size_t n = sizeof(recorded_event) + sizes::of(e.content());
  if (const auto* d = e.more())
    n += sizeof *d + 2 * block + sizes::of(d->tool_id) + sizes::of(d->tool_name) + sizes::of(d->finish_reason) +
         sizes::of(d->media) - sizeof d->media + sizes::of(d->logprobs) + sizes::of(d->top_tokens) +
         (d->generated_text ? sizes::of(*d->generated_text) : 0) + sizes::of(d->progress.log) +
         (d->raw ? sizes::of(*d->raw) : 0);
  return n;
}

std::size_t size_of(const recorded_answer& a) noexcept {
  std::size_t n = sizeof a + sizes::of(a.operation) + sizes::of(a.provider) + sizes::of(a.model) + sizes::of(a.url) +
                  sizes::of(a.raw) + sizes::of(a.finish_reason) + sizes::of(a.info.id) + sizes::of(a.info.model) +
                  sizes::of(a.result);
  for (const auto& e : a.events)
    n += size_of(e.what);
  return n;
}

std::vector<event> events_of(const completion& c) {
  std::vector<event> all;
  for (const auto& one : c.choices) {
    const auto at = one.index;
    const auto plain = [&](event::kind k, const std::string& text) {
      if (!text.empty())
        all.emplace_back(k, text, at);
    };
    plain(event::kind::reasoning, one.reasoning);
    for (const auto& b : one.reasoning_blocks)
      all.emplace_back(event::kind::reasoning_block, b, at);
    if (one.logprobs.empty()) {
      plain(event::kind::text, one.text);
    } else {
      event::details more;
      more.logprobs = one.logprobs;
      all.push_back(with(event::kind::text, one.text, at, std::move(more)));
    }
    plain(event::kind::refusal, one.refusal);
    for (std::size_t i = 0; i < one.media.size(); ++i) {
      event::details more;
      more.media = one.media[i];
      more.media_index = static_cast<std::uint32_t>(i);
      all.push_back(with(event::kind::media, std::string(), at, std::move(more)));
    }
    for (std::size_t i = 0; i < one.tool_calls.size(); ++i) {
      event::details more;
      more.tool_index = static_cast<std::uint32_t>(i);
      more.tool_id = one.tool_calls[i].id;
      more.tool_name = one.tool_calls[i].name;
      all.push_back(with(event::kind::tool_call, one.tool_calls[i].arguments, at, std::move(more)));
    }
    event::details more;
    more.finish_reason = one.finish_reason;
    all.push_back(with(event::kind::finish, std::string(), at, std::move(more)));
  }
  if (!c.usage.empty()) {
    event::details more;
    more.usage = c.usage;
    all.push_back(with(event::kind::usage, std::string(), 0, std::move(more)));
  }
  return all;
}

completion completion_of(const recorded_answer& a) {
  completion all;
  for (const auto& e : a.events)
    all.add(e.what);
  all.outcome = outcome::complete;
  all.usage = a.usage;
  all.info = a.info;
  return all;
}

void set_attempt(std::any& result, std::shared_ptr<const attempt> of) {
  if (auto* c = std::any_cast<completion>(&result))
    c->attempt = std::move(of);
  else if (auto* g = std::any_cast<generation>(&result))
    g->attempt = std::move(of);
}

bool is_empty(const recorded_answer& a) noexcept {
  if (a.streamed)
    return std::none_of(a.events.begin(), a.events.end(), [](const recorded_event& e) {
      const auto& what = e.what;
      return (what.is_token() && (!what.content().empty() || what.is(event::kind::tool_call) || what.media())) ||
             (what.more() && what.more()->generated_text && !what.more()->generated_text->empty());
    });
  if (const auto* c = std::any_cast<completion>(&a.result))
    return std::all_of(c->choices.begin(), c->choices.end(), [](const choice& one) {
      return one.text.empty() && one.reasoning.empty() && one.refusal.empty() && one.tool_calls.empty() &&
             one.media.empty();
    });
  if (const auto* g = std::any_cast<generation>(&a.result))
    return g->sequence.text.empty() && g->best_of.empty();
  if (const auto* e = std::any_cast<embeddings>(&a.result))
    return e->values.empty();
  return true;
}

} // namespace weir::inline v0
