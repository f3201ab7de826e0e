#include "policy/cache/answer_codec.hpp"

#include <algorithm>
#include <concepts>
#include <memory>

#include <weir/task/results.hpp>
#include <weir/task/text_generation.hpp>

#include "policy/cache/byte_archive.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::uint64_t version = 1;
// Kinds are written as their numbers.
static_assert(static_cast<int>(event::kind::reasoning_block) == 10 && usage_unit_count == 19,
              "what is written has changed: raise the version");
// In microseconds: a year.
constexpr std::uint64_t longest_gap = 31'536'000'000'000;
// How deep a token's alternatives have alternatives.
constexpr int most_alternatives = 4;

std::uint64_t check_sum(std::string_view bytes) noexcept {
  std::uint64_t sum = 14695981039346656037u; // FNV-1a
  for (const char c : bytes)
    sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return sum;
}

template <class T, class U>
concept same = std::same_as<std::remove_const_t<T>, U>;

// One list of fields for both directions: T is const to a writer. Members of a class, which all see one another.
class fields {
public:
  template <class A, class T>
    requires std::unsigned_integral<std::remove_const_t<T>>
  static void field(A& a, T& n) {
    if constexpr (A::reads)
      n = static_cast<T>(a.number());
    else
      a.number(n);
  }
  // Signed: small negative ones are short too.
  template <class A, same<std::int64_t> T>
  static void field(A& a, T& n) {
    if constexpr (A::reads) {
      const auto u = a.number();
      n = static_cast<std::int64_t>((u >> 1) ^ (~(u & 1) + 1));
    } else {
      a.number((static_cast<std::uint64_t>(n) << 1) ^ static_cast<std::uint64_t>(n >> 63));
    }
  }
  template <class A, same<double> T>
  static void field(A& a, T& n) {
    if constexpr (A::reads)
      n = std::bit_cast<double>(a.template fixed<std::uint64_t>());
    else
      a.fixed(std::bit_cast<std::uint64_t>(n));
  }
  template <class A, same<float> T>
  static void field(A& a, T& n) {
    if constexpr (A::reads)
      n = std::bit_cast<float>(a.template fixed<std::uint32_t>());
    else
      a.fixed(std::bit_cast<std::uint32_t>(n));
  }
  template <class A, same<std::string> T>
  static void field(A& a, T& s) {
    if constexpr (A::reads)
      s = a.text();
    else
      a.text(s);
  }
  template <class A, class T>
    requires std::is_enum_v<std::remove_const_t<T>>
  static void field(A& a, T& e) {
    if constexpr (A::reads)
      e = static_cast<T>(a.number());
    else
      a.number(static_cast<std::uint64_t>(e));
  }
  template <class A, same<bool> T>
  static void flag(A& a, T& b) {
    if constexpr (A::reads)
      b = a.number() != 0;
    else
      a.number(b ? 1 : 0);
  }
  // Gaps in microseconds.
  template <class A, same<duration> T>
  static void field(A& a, T& d) {
    if constexpr (A::reads)
      d = std::chrono::microseconds(static_cast<std::int64_t>(std::min(a.number(), longest_gap)));
    else
      a.number(static_cast<std::uint64_t>(std::max<std::int64_t>(0, d / std::chrono::microseconds(1))));
  }

  template <class A, class T>
  static void maybe(A& a, T& value) {
    bool there = value.has_value();
    flag(a, there);
    if (!there)
      return;
    if constexpr (A::reads)
      value.emplace();
    field(a, *value);
  }

  template <class A, same<token_info> T>
  static void field(A& a, T& t) {
    field(a, t.id);
    field(a, t.text);
    maybe(a, t.logprob);
    flag(a, t.special);
  }
  template <class A, same<token_logprob> T>
  static void field(A& a, T& t) {
    field(a, t.token);
    maybe(a, t.logprob);
    list(a, t.bytes);
    if constexpr (A::reads) {
      // Damaged bytes must not nest without end.
      if (a.depth == most_alternatives)
        return a.fail();
      ++a.depth;
      list(a, t.top);
      --a.depth;
    } else {
      list(a, t.top);
    }
  }
  template <class A, same<tool_call> T>
  static void field(A& a, T& c) {
    field(a, c.id);
    field(a, c.name);
    field(a, c.arguments);
  }
  template <class A, same<media> T>
  static void field(A& a, T& m) {
    field(a, m.bytes);
    field(a, m.content_type);
    field(a, m.url);
    field(a, m.name);
  }
  template <class A, same<usage> T>
  static void field(A& a, T& u) {
    maybe(a, u.prompt_tokens);
    maybe(a, u.completion_tokens);
    maybe(a, u.total_tokens);
    maybe(a, u.cached_tokens);
    maybe(a, u.cache_write_tokens);
    maybe(a, u.reasoning_tokens);
    maybe(a, u.cost);
    for (std::size_t i = 0; i < usage_unit_count; ++i) {
      const auto unit = static_cast<usage_unit>(i);
      auto n = u.units[unit];
      maybe(a, n);
      if constexpr (A::reads)
        u.units.set(unit, n);
    }
    flag(a, u.estimated);
  }
  template <class A, same<answer_info> T>
  static void field(A& a, T& i) {
    field(a, i.id);
    field(a, i.model);
    field(a, i.system_fingerprint);
    field(a, i.created);
    field(a, i.service_tier);
    field(a, i.speed);
  }
  template <class A, same<choice> T>
  static void field(A& a, T& c) {
    field(a, c.index);
    field(a, c.text);
    field(a, c.reasoning);
    list(a, c.reasoning_blocks);
    field(a, c.refusal);
    list(a, c.tool_calls);
    list(a, c.media);
    field(a, c.finish_reason);
    list(a, c.logprobs);
  }
  template <class A, same<std::vector<token_info>> T>
  static void field(A& a, T& all) {
    list(a, all);
  }
  template <class A, same<generated_sequence> T>
  static void field(A& a, T& s) {
    field(a, s.text);
    field(a, s.finish_reason);
    maybe(a, s.generated_tokens);
    maybe(a, s.input_length);
    maybe(a, s.seed);
    list(a, s.prefill);
    list(a, s.tokens);
    list(a, s.top_tokens);
  }
  template <class A, same<completion> T>
  static void field(A& a, T& c) {
    list(a, c.choices);
    field(a, c.usage);
    field(a, c.info);
    if constexpr (A::reads)
      c.outcome = outcome::complete;
  }
  template <class A, same<generation> T>
  static void field(A& a, T& g) {
    field(a, g.sequence);
    list(a, g.best_of);
    field(a, g.usage);
    if constexpr (A::reads)
      g.outcome = outcome::complete;
  }
  template <class A, same<embeddings> T>
  static void field(A& a, T& e) {
    list(a, e.values);
    list(a, e.shape);
    list(a, e.counts);
    field(a, e.usage);
  }

  template <class A, class T>
  static void list(A& a, T& all) {
    if constexpr (A::reads) {
      all.clear();
      // Grows with what is really there: a length of nonsense must not take memory.
      for (auto n = a.count(); n > 0 && a.ok(); --n)
        field(a, all.emplace_back());
    } else {
      a.count(all.size());
      for (const auto& one : all)
        field(a, one);
    }
  }

  template <class A, same<event::details> T>
  static void field(A& a, T& d) {
    field(a, d.tool_index);
    field(a, d.tool_id);
    field(a, d.tool_name);
    field(a, d.finish_reason);
    bool used = !(d.usage == usage());
    flag(a, used);
    if (used)
      field(a, d.usage);
    field(a, d.media);
    field(a, d.media_index);
    list(a, d.logprobs);
    maybe(a, d.token);
    list(a, d.top_tokens);
    maybe(a, d.generated_text);
    maybe(a, d.seed);
    maybe(a, d.input_length);
    maybe(a, d.generated_tokens);
  }
};

// An event's raw JSON: none, that of the event before it, or one of its own.
enum class raw_of { none, previous, own };

void write(byte_writer& a, const std::vector<recorded_event>& events) {
  a.count(events.size());
  const std::string* previous = nullptr;
  for (const auto& e : events) {
    fields::field(a, e.gap);
    a.number(static_cast<std::uint64_t>(e.what.type()));
    a.number(e.what.choice());
    a.text(e.what.content());
    const auto* more = e.what.more();
    a.number(more ? 1 : 0);
    if (!more)
      continue;
    fields::field(a, *more);
    const auto* raw = more->raw.get();
    a.number(static_cast<std::uint64_t>(!raw ? raw_of::none : raw == previous ? raw_of::previous : raw_of::own));
    if (raw && raw != previous)
      a.text(*raw);
    previous = raw;
  }
}

void read(byte_reader& a, std::vector<recorded_event>& events) {
  std::shared_ptr<const std::string> previous;
  for (auto n = a.count(); n > 0 && a.ok(); --n) {
    duration gap;
    fields::field(a, gap);
    const auto kind = a.number();
    const auto at = a.number();
    std::string text(a.text());
    if (kind > static_cast<std::uint64_t>(event::kind::reasoning_block) || at > UINT32_MAX)
      return a.fail();
    std::shared_ptr<event::details> more;
    if (a.number() != 0) {
      more = std::make_shared<event::details>();
      fields::field(a, *more);
      switch (static_cast<raw_of>(a.number())) {
      case raw_of::none: previous.reset(); break;
      case raw_of::previous: break;
      case raw_of::own: previous = std::make_shared<const std::string>(a.text()); break;
      default: return a.fail();
      }
      more->raw = previous;
    }
    events.emplace_back(
        event(static_cast<event::kind>(kind), std::move(text), static_cast<std::uint32_t>(at), std::move(more)), gap);
  }
}

// What the result is, before it.
enum class result_kind { none, completion, generation, embeddings, count };

template <class T>
void read_result(byte_reader& a, std::any& result) {
  T value;
  fields::field(a, value);
  if (a.ok())
    result = std::move(value);
}

bool write(byte_writer& a, const std::any& result) {
  const auto put = [&a](result_kind k, const auto* value) {
    if (!value)
      return false;
    a.number(static_cast<std::uint64_t>(k));
    fields::field(a, *value);
    return true;
  };
  return put(result_kind::completion, std::any_cast<completion>(&result)) ||
         put(result_kind::generation, std::any_cast<generation>(&result)) ||
         put(result_kind::embeddings, std::any_cast<embeddings>(&result));
}

void read(byte_reader& a, std::any& result) {
  switch (static_cast<result_kind>(a.number())) {
  case result_kind::completion: return read_result<completion>(a, result);
  case result_kind::generation: return read_result<generation>(a, result);
  case result_kind::embeddings: return read_result<embeddings>(a, result);
  default: return a.fail();
  }
}

template <class A, same<recorded_answer> T>
void head(A& a, T& r) {
  fields::field(a, r.operation);
  fields::field(a, r.provider);
  fields::field(a, r.model);
  fields::field(a, r.url);
  fields::field(a, r.raw);
  fields::field(a, r.usage);
  fields::field(a, r.finish_reason);
  fields::field(a, r.info);
  fields::flag(a, r.streamed);
}

} // namespace

std::string encode_answer(const recorded_answer& r) {
  byte_writer a;
  a.number(version);
  head(a, r);
  if (r.streamed)
    write(a, r.events);
  else if (!write(a, r.result))
    return {};
  a.fixed(check_sum(a.out));
  return std::move(a.out);
}

std::optional<recorded_answer> decode_answer(std::string_view bytes) {
  constexpr std::size_t sum = sizeof(std::uint64_t);
  if (bytes.size() < sum)
    return std::nullopt;
  const auto content = bytes.substr(0, bytes.size() - sum);
  byte_reader end(bytes.substr(content.size()));
  if (end.fixed<std::uint64_t>() != check_sum(content))
    return std::nullopt;
  byte_reader a(content);
  if (a.number() != version)
    return std::nullopt;
  std::optional<recorded_answer> r(std::in_place);
  head(a, *r);
  if (r->streamed)
    read(a, r->events);
  else
    read(a, r->result);
  if (!a.ok() || !a.at_end())
    return std::nullopt;
  r->bytes = size_of(*r);
  return r;
}

} // namespace weir::inline v0
