#include "provider/chat/prompt_cache.hpp"

#include <algorithm>
#include <charconv>

#include "core/ascii.hpp"
#include "core/stable_hash.hpp"

namespace weir::inline v0::provider {

namespace json = codec::json;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_marks = 4;
constexpr std::size_t most_characters = 64;
constexpr std::string_view own_mark = "\"cache_control\"";

bool in_extra(const chat& ask, std::string_view key) {
  return std::any_of(ask.extra_body().begin(), ask.extra_body().end(), [key](const auto& e) { return e.first == key; });
}

std::size_t occurrences(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size()))
    ++n;
  return n;
}

// The marks that the caller wrote into the request as JSON.
std::size_t own_marks(const chat& ask) {
  std::size_t n = in_extra(ask, "cache_control") ? 1 : 0;
  for (const auto& m : ask.messages()) {
    for (const auto& [key, text] : m.extra())
      n += key == "cache_control" ? 1 : 0;
    for (const auto& p : m.parts())
      n += p.type() == content_part::kind::raw ? occurrences(p.value(), own_mark) : 0;
  }
  return n;
}

// OpenAI's model names as a version: 506 of gpt-5.6-mini, 0 of o3.
int version_of(std::string_view model) {
  for (const std::string_view before : {"ft:", "gpt-"})
    if (model.starts_with(before))
      model.remove_prefix(before.size());
    else if (before == "gpt-")
      return 0;
  int major = 0, minor = 0;
  const auto* end = model.data() + model.size();
  const auto [at, ec] = std::from_chars(model.data(), end, major);
  if (ec != std::errc() || major > 1000)
    return 0;
  if (at != end && *at == '.')
    std::from_chars(at + 1, end, minor);
  return major * 100 + std::clamp(minor, 0, 99);
}

constexpr int with_breakpoints = 506;
constexpr int long_retention_only = 505;

cache_mark mark_at(const route& to, const prompt_caching& caching) {
  switch (caching.mark) {
  case cache_mark::openrouter: return to.model.starts_with("anthropic/") ? caching.mark : cache_mark::none;
  case cache_mark::openai: return version_of(to.model) >= with_breakpoints ? caching.mark : cache_mark::none;
  case cache_mark::none:
  case cache_mark::anthropic: break;
  }
  return caching.mark;
}

json::object mark_of(cache_mark kind, const std::optional<duration>& life) {
  const bool anthropic = kind != cache_mark::openai;
  json::object o;
  o[anthropic ? "type" : "mode"] = anthropic ? "ephemeral" : "explicit";
  if (anthropic ? life > 5min : life > 30min)
    o["ttl"] = anthropic ? "1h" : "12h";
  return o;
}

bool takes_mark(const json::value& block) {
  if (!block.is_object())
    return false;
  const auto type = codec::string_at(block, "type").value_or("");
  if (type == "thinking" || type == "redacted_thinking" || type == "output_text" || type == "refusal")
    return false;
  return !(type.ends_with("text") && codec::string_at(block, "text").value_or("").empty());
}

void put_retention(json::object& body, const chat& ask, const route& to, const prompt_caching& caching) {
  const auto version = version_of(to.model);
  if (!ask.cache_lifetime() || !caching.retention || to.caching.lifetime || version >= with_breakpoints ||
      in_extra(ask, "prompt_cache_options"))
    return;
  body["prompt_cache_retention"] = *ask.cache_lifetime() > 1h || version >= long_retention_only ? "24h" : "in_memory";
}

void put_members(json::object& body, const chat& ask, const route& to, const prompt_caching& caching,
                 std::string_view member) {
  if (!ask.conversation().empty() && !member.empty() && !to.caching.conversation)
    body[member] = wire_conversation(ask.conversation());
  put_retention(body, ask, to, caching);
}

} // namespace

prefix_marks::prefix_marks(const chat& ask, const route& to) {
  const auto kind = mark_at(to, caching_at(to));
  if (kind == cache_mark::none || to.caching.marks)
    return;
  member_ = kind == cache_mark::openai ? "prompt_cache_breakpoint" : "cache_control";
  value_ = mark_of(kind, to.caching.lifetime ? std::nullopt : ask.cache_lifetime());
  marked_.resize(ask.messages().size());
  for (std::size_t i = 0; i < marked_.size(); ++i)
    marked_[i] = ask.messages()[i].cache_prefix();
  tools_ = kind == cache_mark::anthropic && ask.caches_tools() && !ask.tools().empty();
  if (kind == cache_mark::openai)
    return; // the server itself takes the latest of them
  // The first prefix is the one that most requests share, and the last ones are this conversation's.
  const auto own = own_marks(ask);
  const auto room = own < most_marks ? most_marks - own : 0;
  auto all = static_cast<std::size_t>(std::count(marked_.begin(), marked_.end(), true)) + (tools_ ? 1 : 0);
  if (tools_ && (room == 0 || (room == 1 && all > 1))) {
    tools_ = false;
    --all;
  }
  bool first = !tools_ && room > 1;
  for (std::size_t i = 0; i < marked_.size() && all > room; ++i) {
    if (!marked_[i] || std::exchange(first, false))
      continue;
    marked_[i] = false;
    --all;
  }
}

void prefix_marks::mark(json::array& blocks, std::size_t at) const {
  if (!on(at))
    return;
  for (auto block = blocks.rbegin(); block != blocks.rend(); ++block)
    if (takes_mark(*block)) {
      if (auto& o = block->get_object(); !o.contains(member_))
        o[member_] = value_;
      return;
    }
}

void prefix_marks::mark_tools(json::array& tools) const {
  if (tools_ && !tools.empty())
    tools.back().get_object()[member_] = value_;
}

std::string wire_conversation(std::string_view id) {
  const auto plain = [](char c) { return c > 0x20 && c < 0x7f; };
  if (id.size() <= most_characters && std::all_of(id.begin(), id.end(), plain))
    return std::string(id);
  std::string text;
  for (const auto seed : {std::uint64_t{1}, std::uint64_t{2}})
    for (auto h = stable_hash(id, seed), n = std::uint64_t{16}; n-- != 0; h >>= 4)
      text += hex_digit(static_cast<unsigned>(h & 15));
  return text;
}

void put_caching(json::object& body, const chat& ask, const route& to) {
  const auto caching = caching_at(to);
  put_members(body, ask, to, caching, caching.member);
}

void put_responses_caching(json::object& body, const chat& ask, const route& to) {
  const auto caching = caching_at(to);
  put_members(body, ask, to, caching, caching.responses_member);
}

void put_conversation(http::request& r, const chat& ask, const route& to) {
  const auto header = caching_at(to).header;
  if (ask.conversation().empty() || header.empty() || r.headers.has(header) || in_extra(ask, "prompt_cache_key"))
    return;
  r.headers.set(std::string(header), wire_conversation(ask.conversation()));
}

} // namespace weir::inline v0::provider
