#include "cost/budget/budget_text.hpp"

#include <charconv>
#include <chrono>

#include "cost/plain_text.hpp"

namespace weir::inline v0 {

namespace {

using namespace std::chrono;

void append_code_point(std::string& out, unsigned c) {
  if (c < 0x80) {
    out += char(c);
  } else if (c < 0x800) {
    out += char(0xc0 | c >> 6);
    out += char(0x80 | (c & 0x3f));
  } else {
    out += char(0xe0 | c >> 12);
    out += char(0x80 | (c >> 6 & 0x3f));
    out += char(0x80 | (c & 0x3f));
  }
}

// Members of one flat object, whose values are strings and whole numbers.
class flat_reader {
public:
  explicit flat_reader(std::string_view line) : rest_(line) {}

  bool take(char c) noexcept {
    skip_blanks();
    if (!rest_.starts_with(c))
      return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool at_end() noexcept {
    skip_blanks();
    return rest_.empty();
  }

  std::optional<std::string> string() {
    if (!take('"'))
      return std::nullopt;
    std::string out;
    while (!rest_.empty()) {
      const char c = rest_[0];
      rest_.remove_prefix(1);
      if (c == '"')
        return out;
      if (static_cast<unsigned char>(c) < 0x20)
        return std::nullopt;
      if (c != '\\')
        out += c;
      else if (!escape(out))
        return std::nullopt;
    }
    return std::nullopt;
  }

  std::optional<std::string_view> number() noexcept {
    skip_blanks();
    const auto n = rest_.substr(0, rest_.find_first_not_of("-0123456789"));
    if (n.empty())
      return std::nullopt;
    rest_.remove_prefix(n.size());
    return n;
  }

private:
  void skip_blanks() noexcept {
    const auto n = rest_.find_first_not_of(" \t\r");
    rest_.remove_prefix(n == rest_.npos ? rest_.size() : n);
  }
  // The escapes of append_json_string(): no pairs of surrogates.
  bool escape(std::string& out) {
    if (rest_.empty())
      return false;
    const char kind = rest_[0];
    rest_.remove_prefix(1);
    if (kind == '"' || kind == '\\' || kind == '/') {
      out += kind;
      return true;
    }
    if (kind != 'u' || rest_.size() < 4)
      return false;
    unsigned c = 0;
    const auto* const end = rest_.data() + 4;
    if (const auto r = std::from_chars(rest_.data(), end, c, 16); r.ec != std::errc() || r.ptr != end)
      return false;
    if (c >= 0xd800 && c < 0xe000)
      return false;
    rest_.remove_prefix(4);
    append_code_point(out, c);
    return true;
  }

  std::string_view rest_;
};

std::optional<std::int64_t> integer(std::string_view text) noexcept {
  std::int64_t n = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
  return r.ec == std::errc() && r.ptr == text.data() + text.size() ? std::optional(n) : std::nullopt;
}

// Whole numbers that may be larger than a JSON reader takes; never negative.
std::string digits(spend_amount::number n) {
  std::string text;
  do
    text.insert(text.begin(), char('0' + int(n % 10)));
  while ((n /= 10) > 0);
  return text;
}

std::optional<spend_amount::number> number_of(std::string_view text) noexcept {
  if (text.empty() || text.size() > 30)
    return std::nullopt;
  spend_amount::number n = 0;
  for (const char c : text) {
    if (c < '0' || c > '9')
      return std::nullopt;
    n = n * 10 + (c - '0');
  }
  return n;
}

} // namespace

void append_saved(std::string& out, const saved_spending& s) {
  append_json_string(out += "{\"budget\":", s.budget);
  append_json_string(out += ",\"group\":", s.group);
  out += ",\"at_ms\":" + std::to_string(floor<milliseconds>(s.at).time_since_epoch().count());
  out += ",\"pico\":\"" + digits(s.amount.cost) + "\",\"tokens\":\"" + digits(s.amount.tokens) + '"';
  if (!s.currency.empty())
    append_json_string(out += ",\"currency\":", s.currency);
  out += ",\"unpriced\":" + std::to_string(s.amount.unpriced) + "}\n";
}

std::optional<saved_spending> parse_saved(std::string_view line) {
  flat_reader in(line);
  saved_spending s;
  unsigned seen = 0;
  if (!in.take('{'))
    return std::nullopt;
  do {
    const auto name = in.string();
    if (!name || !in.take(':'))
      return std::nullopt;
    if (const auto text = in.string()) {
      const auto n = number_of(*text);
      if (*name == "budget" || *name == "group") {
        (*name == "budget" ? s.budget : s.group) = *text;
        seen |= *name == "budget" ? 1u : 2u;
      } else if (*name == "currency") {
        s.currency = *text;
      } else if (*name == "pico" || *name == "tokens") {
        if (!n)
          return std::nullopt;
        (*name == "pico" ? s.amount.cost : s.amount.tokens) = *n;
        seen |= *name == "pico" ? 4u : 8u;
      }
      continue;
    }
    const auto text = in.number();
    const auto n = text ? integer(*text) : std::nullopt;
    if (!n || *n < 0)
      return std::nullopt;
    if (*name == "at_ms") {
      if (*n > 8'000'000'000'000) // beyond what a time_point holds
        return std::nullopt;
      s.at = budget_core::time(milliseconds(*n));
      seen |= 16u;
    } else if (*name == "unpriced") {
      s.amount.unpriced = static_cast<std::uint64_t>(*n);
    }
  } while (in.take(','));
  return in.take('}') && in.at_end() && seen == 31u ? std::optional(s) : std::nullopt;
}

} // namespace weir::inline v0
