#include "sim/answer/prompt_memory.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/stable_hash.hpp"
#include "sim/answer/text.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t least_tokens = 1024;
constexpr std::uint64_t step = 128;

class block {
public:
  block(std::uint64_t prefix, std::uint64_t tokens) : prefix(prefix), tokens(tokens) {}
  std::uint64_t prefix; // a hash of everything up to its end
  std::uint64_t tokens; // up to its end
  bool marked = false;
  std::chrono::minutes life = 5min;
};

/// The blocks of a prompt, in the order in which a model reads them.
class prompt_blocks {
public:
  explicit prompt_blocks(std::string_view scope) : prefix_(stable_hash(scope)) {}

  /// One block, or each of a list.
  void add(const json::value* what, std::string_view role) {
    if (!what)
      return;
    const auto* list = what->if_array();
    if (!list)
      return add_one(*what, role);
    for (const auto& one : *list)
      add_one(one, role);
  }
  void add_messages(const json::value& body, std::string_view key, bool whole) {
    const auto* list = codec::array_at(body, key);
    if (!list)
      return add(codec::find(body, key), "user");
    for (const auto& m : *list)
      if (whole)
        add_one(m, "");
      else
        add(codec::find(m, "content"), codec::string_at(m, "role").value_or(""));
  }
  std::vector<block>& all() noexcept { return all_; }
  std::uint64_t tokens() const noexcept { return all_.empty() ? 0 : all_.back().tokens; }

private:
  void add_one(json::value what, std::string_view role) {
    const json::value* mark = codec::find(what, "cache_control");
    const bool hour = mark && codec::string_at(*mark, "ttl") == "1h";
    const bool marked = mark != nullptr;
    if (marked)
      what.get_object().erase("cache_control");
    const auto text = codec::to_text(what);
    prefix_ = stable_hash(text, stable_hash(role, prefix_));
    const auto said =
        what.is_string() ? std::optional(std::string_view(what.get_string())) : codec::string_at(what, "text");
    all_.emplace_back(prefix_, tokens() + count_words(said.value_or(text)));
    all_.back().marked = marked;
    all_.back().life = hour ? 60min : 5min;
  }

  std::uint64_t prefix_;
  std::vector<block> all_;
};

} // namespace

bool prompt_memory::knows(std::uint64_t prefix, wall_time now) {
  auto* known = all_.find(prefix);
  if (!known || known->until <= now)
    return false;
  known->until = now + known->life;
  return true;
}

void prompt_memory::keep(std::uint64_t prefix, std::chrono::minutes life, wall_time now) {
  auto& k = all_.at(prefix);
  k.life = life;
  k.until = now + life;
}

cache_counts prompt_memory::read_marked(const json::value& body, std::string_view scope, wall_time now) {
  prompt_blocks prompt(scope);
  prompt.add(codec::find(body, "tools"), "tools");
  prompt.add(codec::find(body, "system"), "system");
  prompt.add_messages(body, "messages", false);
  auto& blocks = prompt.all();
  if (codec::find(body, "cache_control") && !blocks.empty())
    blocks.back().marked = true;
  cache_counts counts;
  const auto all = counts.plain = prompt.tokens();
  while (!blocks.empty() && !blocks.back().marked)
    blocks.pop_back();
  std::uint64_t done = 0;
  for (auto b = blocks.rbegin(); b != blocks.rend() && done == 0; ++b)
    if (b->tokens >= least_tokens && knows(b->prefix, now))
      done = counts.read = b->tokens;
  for (const auto& b : blocks) {
    if (!b.marked || b.tokens < least_tokens || b.tokens <= done)
      continue;
    (b.life > 5min ? counts.written_1h : counts.written_5m) += b.tokens - done;
    done = b.tokens;
    keep(b.prefix, b.life, now);
  }
  counts.plain = all - done;
  return counts;
}

cache_counts prompt_memory::read_unmarked(const json::value& body, std::string_view scope, wall_time now) {
  prompt_blocks prompt(scope);
  prompt.add(codec::find(body, "tools"), "tools");
  prompt.add(codec::find(body, "instructions"), "system");
  prompt.add_messages(body, codec::find(body, "input") ? "input" : "messages", true);
  cache_counts counts;
  if (prompt.tokens() < least_tokens)
    return counts;
  counts.prompt = prompt.tokens();
  for (const auto& b : prompt.all()) {
    if (b.tokens < least_tokens)
      continue;
    if (knows(b.prefix, now))
      counts.read = b.tokens / step * step;
    keep(b.prefix, 5min, now);
  }
  return counts;
}

} // namespace weir::inline v0::sim
