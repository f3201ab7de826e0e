#include "batch/output/generation_json.hpp"

namespace weir::inline v0 {

namespace json = codec::json;

namespace {

json::object token_object(const token_info& t) {
  json::object o{{"id", t.id}, {"text", t.text}};
  o["logprob"] = t.logprob ? json::value(*t.logprob) : json::value(nullptr);
  if (t.special)
    o["special"] = true;
  return o;
}

json::array token_list(const std::vector<token_info>& all) {
  json::array list;
  for (const auto& t : all)
    list.push_back(token_object(t));
  return list;
}

void add_sequence(json::object& to, const generated_sequence& s) {
  if (s.seed)
    to["seed"] = *s.seed;
  if (!s.prefill.empty())
    to["prefill"] = token_list(s.prefill);
  to["tokens"] = token_list(s.tokens);
  if (s.top_tokens.empty())
    return;
  json::array top;
  for (const auto& one : s.top_tokens)
    top.push_back(token_list(one));
  to["top_tokens"] = std::move(top);
}

} // namespace

void add_token(json::object& to, const event& e) {
  const auto* more = e.more();
  if (!more || !more->token)
    return;
  to["token"] = token_object(*more->token);
  if (!more->top_tokens.empty())
    to["top_tokens"] = token_list(more->top_tokens);
}

json::object details_object(const generation& g) {
  json::object o;
  if (g.sequence.tokens.empty() && g.sequence.prefill.empty() && g.best_of.empty())
    return o;
  o["type"] = "details";
  add_sequence(o, g.sequence);
  json::array others;
  for (const auto& s : g.best_of) {
    json::object one{{"text", s.text}, {"finish_reason", s.finish_reason}};
    add_sequence(one, s);
    others.push_back(std::move(one));
  }
  if (!others.empty())
    o["best_of_sequences"] = std::move(others);
  return o;
}

} // namespace weir::inline v0
