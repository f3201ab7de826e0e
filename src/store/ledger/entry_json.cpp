#include "store/ledger/entry_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "codec/json/json.hpp"
#include "codec/text/utf8.hpp"
#include "core/time/timestamp.hpp"
#include "core/time/wait_hint.hpp"
#include "cost/plain_text.hpp"

namespace weir::inline v0::store {

namespace {

namespace json = codec::json;

constexpr std::uint64_t version = 1;
constexpr std::string_view before_time = R"({"t":")";
constexpr std::size_t time_size = 24;
// Longer than any name, id or remark of weir's and of providers.
constexpr std::size_t max_text = 512;
constexpr std::size_t max_tags = 64;

// Without a branch in the loop: every entry passes here.
bool is_plain(std::string_view text) noexcept {
  bool plain = true;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    plain &= (u >= ' ') & (u < 0x7f) & (c != '"') & (c != '\\');
  }
  return plain;
}

// As it will be read back.
std::string cleaned(std::string_view text) {
  std::string repaired;
  codec::append_repaired(repaired, text.substr(0, max_text));
  return repaired;
}

// The name of a member as it is written, with the comma before it.
class member {
public:
  template <std::size_t N>
  consteval member(const char (&name)[N]) : member(std::string_view(name, N - 1)) {}
  /// A name that has nothing to escape.
  constexpr explicit member(std::string_view name) {
    for (const auto part : {std::string_view(",\""), name, std::string_view("\":")})
      for (const char c : part)
        text_[size_++] = c;
  }
  constexpr std::string_view text(bool comma) const noexcept {
    return std::string_view(text_.data(), size_).substr(comma ? 0 : 1);
  }

private:
  std::array<char, 27> text_{};
  std::uint8_t size_ = 0;
};

const member& member_of(usage_unit u) {
  static const auto all = [] {
    std::vector<member> made;
    for (std::size_t i = 0; i != usage_unit_count; ++i)
      made.emplace_back(name_of(static_cast<usage_unit>(i)));
    return made;
  }();
  return all[static_cast<std::size_t>(u)];
}

class object_writer {
public:
  explicit object_writer(std::string& out) : out_(out) { out_ += '{'; }
  /// Inside another one, as the value of its last key.
  explicit object_writer(object_writer& outer) : object_writer(outer.out_) {}
  ~object_writer() { out_ += '}'; }
  object_writer(const object_writer&) = delete;
  object_writer& operator=(const object_writer&) = delete;

  void text(const member& name, std::string_view value) {
    if (!value.empty())
      this->value(name, value);
  }
  void value(const member& name, std::string_view value) {
    key(name);
    quoted(value);
  }
  /// Text that weir has made, which has nothing to escape.
  void own_text(const member& name, std::string_view value) {
    key(name);
    ((out_ += '"') += value) += '"';
  }
  /// Under a caller's name.
  void named(std::string_view name, std::string_view value) {
    if (!std::exchange(first_, false))
      out_ += ',';
    quoted(name);
    out_ += ':';
    quoted(value);
  }
  void flag(const member& name, bool value) {
    if (!value)
      return;
    key(name);
    out_ += "true";
  }
  void number(const member& name, std::uint64_t n) {
    key(name);
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), n);
    out_.append(digits.data(), end.ptr);
  }
  void amount(const member& name, const std::optional<money>& m) {
    if (m)
      own_text(name, m->text());
  }
  void key(const member& name) { out_ += name.text(!std::exchange(first_, false)); }

private:
  void quoted(std::string_view value) {
    if (is_plain(value.substr(0, max_text)))
      ((out_ += '"') += value.substr(0, max_text)) += '"';
    else
      append_json_string(out_, cleaned(value));
  }

  std::string& out_;
  bool first_ = true;
};

void write_tags(object_writer& o, const std::vector<std::pair<std::string, std::string>>& tags) {
  if (tags.empty())
    return;
  std::vector<std::pair<std::string, std::string_view>> kept;
  for (const auto& [name, value] : tags) {
    auto clean = cleaned(name);
    // Of two with the same name the last one counts.
    std::erase_if(kept, [&](const auto& k) { return k.first == clean; });
    if (kept.size() < max_tags)
      kept.emplace_back(std::move(clean), value);
  }
  o.key("tags");
  object_writer all(o);
  for (const auto& [name, value] : kept)
    all.named(name, value);
}

void write_usage(object_writer& o, const usage& u) {
  if (!u.units.empty()) {
    o.key("usage");
    object_writer all(o);
    for (std::size_t i = 0; i != usage_unit_count; ++i) {
      const auto unit = static_cast<usage_unit>(i);
      if (const auto n = u.units[unit])
        all.number(member_of(unit), *n);
    }
  }
  o.flag("estimated", u.estimated);
  o.flag("inconsistent", u.inconsistent);
}

std::string string_at(const json::value& v, std::string_view key) {
  return std::string(codec::string_at(v, key).value_or(""));
}

bool flag_at(const json::value& v, std::string_view key) { return codec::bool_at(v, key).value_or(false); }

std::optional<money> amount_at(const json::value& v, std::string_view key) {
  const auto text = codec::string_at(v, key);
  return text ? money::parse(*text) : std::nullopt;
}

std::optional<weir::outcome> outcome_at(const json::value& v, std::string_view key) {
  const auto name = codec::string_at(v, key);
  for (const auto o : {outcome::complete, outcome::length, outcome::filtered, outcome::in_band_error,
                       outcome::truncated, outcome::stalled, outcome::cancelled, outcome::deadline, outcome::failed})
    if (name == name_of(o))
      return o;
  return std::nullopt;
}

void read_usage(const json::value& v, usage& u) {
  if (const auto* units = codec::object_at(v, "usage"))
    for (const auto& [name, n] : *units)
      if (const auto unit = usage_unit_of(name))
        u.units.set(*unit, codec::uint_at(*codec::find(v, "usage"), name));
  u.estimated = flag_at(v, "estimated");
  u.inconsistent = flag_at(v, "inconsistent");
  u.prompt_tokens = u.units.input_tokens();
  u.completion_tokens = u.units.output_tokens();
}

void read_price(const json::value& v, priced& p) {
  p.cost = amount_at(v, "cost");
  p.reported = amount_at(v, "reported");
  p.computed = amount_at(v, "computed");
  // Told only where it is not the cost.
  if (!p.computed && !p.reported)
    p.computed = p.cost;
  if (p.reported && p.computed)
    p.difference = *p.reported - *p.computed;
  p.currency = string_at(v, "currency");
  p.source = string_at(v, "prices");
  p.date = string_at(v, "prices_of");
  p.remark = string_at(v, "incomplete");
  p.incomplete = !p.remark.empty();
  p.why_unpriced = string_at(v, "unpriced");
}

} // namespace

void append_line(std::string& out, const ledger_entry& e) {
  {
    object_writer o(out);
    o.own_text("t", timestamp(e.started));
    o.number("v", version);
    o.text("op", e.operation);
    o.text("provider", e.provider);
    o.text("model", e.model);
    if (e.model_answered != e.model)
      o.text("answered", e.model_answered);
    if (!e.target_provider.empty() || !e.target_model.empty()) {
      o.value("target_provider", e.target_provider);
      o.text("target_model", e.target_model);
    }
    o.text("key", e.key);
    o.text("tenant", e.tenant);
    write_tags(o, e.tags);
    o.number("attempt", e.attempt);
    o.flag("first", e.first);
    o.flag("hedge", e.hedge);
    o.flag("continuation", e.continuation);
    o.text("request_id", e.request_id);
    o.number("us", static_cast<std::uint64_t>(std::max<std::int64_t>(
                       0, std::chrono::duration_cast<std::chrono::microseconds>(e.took).count())));
    o.own_text("outcome", name_of(e.outcome));
    o.text("error", e.error);
    o.flag("maybe_billed", e.maybe_billed);
    o.text("tier", e.service_tier);
    o.text("speed", e.speed);
    write_usage(o, e.usage);
    o.amount("held_cost", e.held_cost);
    if (e.held_tokens != 0)
      o.number("held_tokens", e.held_tokens);
    o.amount("cost", e.price.cost);
    if (e.price.computed != e.price.cost)
      o.amount("computed", e.price.computed);
    o.amount("reported", e.price.reported);
    if (e.price.cost)
      o.text("currency", e.price.currency);
    o.text("prices", e.price.source);
    o.text("prices_of", e.price.date);
    if (e.price.incomplete)
      o.text("incomplete", e.price.remark.empty() ? std::string_view("the price list has no price for a part of it")
                                                  : std::string_view(e.price.remark));
    o.text("unpriced", e.price.why_unpriced);
    o.amount("cache_saved", e.cache_saved);
  }
  out += '\n';
}

std::optional<ledger_entry> read_line(std::string_view line) {
  error_code ec;
  std::array<unsigned char, 4096> buffer;
  json::monotonic_resource memory(buffer.data(), buffer.size());
  const auto v = codec::parse_json(line, ec, &memory);
  if (ec || !v.is_object() || codec::uint_at(v, "v") != version)
    return std::nullopt;
  const auto at = parse_rfc3339(codec::string_at(v, "t").value_or(""));
  const auto how = outcome_at(v, "outcome");
  if (!at || !how)
    return std::nullopt;
  ledger_entry e;
  e.started = *at;
  e.outcome = *how;
  e.took =
      std::chrono::microseconds(std::min<std::uint64_t>(codec::uint_at(v, "us").value_or(0), std::uint64_t{1} << 52));
  e.operation = string_at(v, "op");
  e.provider = string_at(v, "provider");
  e.model = string_at(v, "model");
  e.model_answered = string_at(v, "answered");
  e.target_provider = string_at(v, "target_provider");
  e.target_model = string_at(v, "target_model");
  e.key = string_at(v, "key");
  e.tenant = string_at(v, "tenant");
  if (const auto* tags = codec::object_at(v, "tags"))
    for (const auto& [name, value] : *tags)
      if (value.is_string())
        e.tags.emplace_back(std::string(name), std::string(value.get_string()));
  e.attempt = static_cast<unsigned>(std::min<std::uint64_t>(codec::uint_at(v, "attempt").value_or(1), 1'000'000));
  e.first = flag_at(v, "first");
  e.hedge = flag_at(v, "hedge");
  e.continuation = flag_at(v, "continuation");
  e.request_id = string_at(v, "request_id");
  e.error = string_at(v, "error");
  e.maybe_billed = flag_at(v, "maybe_billed");
  e.service_tier = string_at(v, "tier");
  e.speed = string_at(v, "speed");
  read_usage(v, e.usage);
  e.held_cost = amount_at(v, "held_cost");
  e.held_tokens = codec::uint_at(v, "held_tokens").value_or(0);
  read_price(v, e.price);
  e.cache_saved = amount_at(v, "cache_saved");
  return e;
}

std::string_view time_of_line(std::string_view line) noexcept {
  return line.starts_with(before_time) && line.size() > before_time.size() + time_size
             ? line.substr(before_time.size(), time_size)
             : std::string_view();
}

std::size_t last_beginning(std::string_view line) noexcept {
  const auto at = line.rfind(before_time);
  return at == line.npos ? 0 : at;
}

} // namespace weir::inline v0::store

namespace weir::inline v0 {

std::string to_line(const ledger_entry& e) {
  std::string line;
  store::append_line(line, e);
  line.pop_back();
  return line;
}

std::optional<ledger_entry> parse_ledger_line(std::string_view line) { return store::read_line(line); }

} // namespace weir::inline v0
