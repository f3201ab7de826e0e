#include "provider/answer/pair_joiner.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "codec/text/surrogates.hpp"

namespace weir::inline v0::provider {

namespace {

void settle(std::string& s) {
  if (codec::has_surrogate(s))
    s = codec::settle_surrogates(s);
}

void settle(std::vector<token_logprob>& all) {
  for (auto& t : all) {
    settle(t.token);
    settle(t.top);
  }
}

void settle(std::vector<token_info>& all) {
  for (auto& t : all)
    settle(t.text);
}

std::shared_ptr<const event::details> settled(const event::details* given) {
  if (!given)
    return nullptr;
  auto more = std::make_shared<event::details>(*given);
  for (auto* s : {&more->tool_id, &more->tool_name, &more->finish_reason})
    settle(*s);
  settle(more->logprobs);
  settle(more->top_tokens);
  if (more->token)
    settle(more->token->text);
  if (more->generated_text)
    settle(*more->generated_text);
  return more;
}

} // namespace

event pair_joiner::joined(const event& e) {
  const auto same = [&](const half& h) {
    return h.kind == e.type() && h.choice == e.choice() && h.call == e.tool_index();
  };
  auto text = e.content();
  if (const auto before = std::find_if(halves_.begin(), halves_.end(), same);
      before != halves_.end() && !text.empty()) {
    text.insert(0, before->bytes);
    halves_.erase(before);
  }
  if (e.is_token() && codec::ends_in_half(text)) {
    half h;
    h.kind = e.type();
    h.choice = e.choice();
    h.call = e.tool_index();
    h.bytes = text.substr(text.size() - codec::half_size);
    text.resize(text.size() - codec::half_size);
    halves_.push_back(std::move(h));
  }
  return event(e.type(), codec::settle_surrogates(text), e.choice(), settled(e.more()));
}

event pair_joiner::lone(const half& h) {
  if (h.kind != event::kind::tool_call)
    return event(h.kind, codec::settle_surrogates(h.bytes), h.choice);
  auto more = std::make_shared<event::details>();
  more->tool_index = h.call;
  return event(h.kind, codec::settle_surrogates(h.bytes), h.choice, std::move(more));
}

void pair_joiner::mend(std::vector<event>& out, std::size_t first) {
  std::vector<event> given(std::make_move_iterator(out.begin() + static_cast<std::ptrdiff_t>(first)),
                           std::make_move_iterator(out.end()));
  out.resize(first);
  for (const auto& e : given) {
    if (e.is(event::kind::finish)) {
      const auto ends = [&](const half& h) { return h.choice == e.choice(); };
      for (const auto& h : halves_)
        if (ends(h))
          out.push_back(lone(h));
      std::erase_if(halves_, ends);
    }
    auto whole = joined(e);
    if (!whole.content().empty() || whole.more() || e.content().empty())
      out.push_back(std::move(whole));
  }
}

void pair_joiner::end(std::vector<event>& out) {
  for (const auto& h : std::exchange(halves_, {}))
    out.push_back(lone(h));
}

} // namespace weir::inline v0::provider
