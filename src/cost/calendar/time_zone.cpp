#include "cost/calendar/time_zone.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace weir::inline v0 {

namespace {

constexpr std::size_t largest_file = 256 * 1024;
// RFC 8536: an offset is between these.
constexpr std::int32_t least_offset = -89999, most_offset = 93599;
// How far a local time can be from UTC, with a margin.
constexpr std::int64_t farthest = 28 * 3600;

class byte_reader {
public:
  explicit byte_reader(std::string_view text) : text_(text) {}

  bool skip(std::size_t n) noexcept {
    if (text_.size() < n)
      return false;
    text_.remove_prefix(n);
    return true;
  }
  // Big endian, two's complement.
  std::optional<std::int64_t> integer(std::size_t bytes) noexcept {
    if (text_.size() < bytes)
      return std::nullopt;
    std::uint64_t n = (static_cast<unsigned char>(text_[0]) & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = 0; i < bytes; ++i)
      n = n << 8 | static_cast<unsigned char>(text_[i]);
    text_.remove_prefix(bytes);
    return static_cast<std::int64_t>(n);
  }
  std::string_view rest() const noexcept { return text_; }

private:
  std::string_view text_;
};

struct header {
  char version = 0;
  std::size_t utc_flags = 0, standard_flags = 0, leaps = 0, changes = 0, types = 0, names = 0;

  // Of the data block behind it.
  std::size_t size(std::size_t time) const noexcept {
    return changes * (time + 1) + types * 6 + names + leaps * (time + 4) + standard_flags + utc_flags;
  }
};

std::optional<header> read_header(byte_reader& in) noexcept {
  header h;
  if (!in.rest().starts_with("TZif") || in.rest().size() < 44)
    return std::nullopt;
  h.version = in.rest()[4];
  in.skip(20);
  for (auto* count : {&h.utc_flags, &h.standard_flags, &h.leaps, &h.changes, &h.types, &h.names}) {
    const auto n = in.integer(4);
    if (!n || *n < 0 || *n > std::int64_t(largest_file))
      return std::nullopt;
    *count = static_cast<std::size_t>(*n);
  }
  return h;
}

std::optional<std::string> content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(largest_file + 1, '\0');
  if (!in || (in.read(text.data(), std::streamsize(text.size())), in.bad()) ||
      in.gcount() > std::streamsize(largest_file))
    return std::nullopt;
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

std::shared_ptr<const time_zone> of_file(const std::string& path) {
  const auto text = content_of(path);
  if (!text)
    return nullptr;
  auto zone = time_zone::parse(*text);
  return zone ? std::make_shared<const time_zone>(std::move(*zone)) : nullptr;
}

// Names of files below the folder and nowhere else.
bool is_name(std::string_view s) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '-' || c == '+';
  };
  return !s.empty() && s.size() <= 64 && s.front() != '/' && s.back() != '/' &&
         std::all_of(s.begin(), s.end(), allowed);
}

// `+hh:mm`, `+hhmm`, `+hh`.
std::optional<std::int32_t> fixed_offset(std::string_view s) noexcept {
  if (s.size() < 3 || (s[0] != '+' && s[0] != '-'))
    return std::nullopt;
  const bool west = s[0] == '-';
  std::string digits;
  for (std::size_t i = 1; i < s.size(); ++i)
    if (s[i] >= '0' && s[i] <= '9')
      digits += s[i];
    else if (s[i] != ':' || i != 3 || s.size() != 6)
      return std::nullopt;
  if (digits.size() != 2 && digits.size() != 4)
    return std::nullopt;
  const int hours = (digits[0] - '0') * 10 + (digits[1] - '0');
  const int minutes = digits.size() == 4 ? (digits[2] - '0') * 10 + (digits[3] - '0') : 0;
  if (hours > 18 || minutes > 59)
    return std::nullopt;
  const std::int32_t seconds = hours * 3600 + minutes * 60;
  return west ? -seconds : seconds;
}

} // namespace

std::shared_ptr<const time_zone> time_zone::find(std::string_view name, const std::string& folder) {
  if (name == "UTC" || name == "Z")
    return std::make_shared<const time_zone>(posix_zone::fixed(0));
  if (const auto offset = fixed_offset(name))
    return std::make_shared<const time_zone>(posix_zone::fixed(*offset));
  if (name != "local")
    return is_name(name) ? of_file(folder + '/' + std::string(name)) : nullptr;
  const char* set = std::getenv("TZ");
  if (set == nullptr)
    return of_file("/etc/localtime");
  std::string_view tz = set;
  if (tz.starts_with(':'))
    tz.remove_prefix(1);
  if (tz.empty())
    return std::make_shared<const time_zone>(posix_zone::fixed(0));
  if (tz.starts_with('/'))
    return of_file(std::string(tz));
  if (auto zone = is_name(tz) ? of_file(folder + '/' + std::string(tz)) : nullptr)
    return zone;
  const auto rules = posix_zone::parse(tz);
  return rules ? std::make_shared<const time_zone>(*rules) : nullptr;
}

std::optional<time_zone> time_zone::parse(std::string_view file) {
  byte_reader in(file);
  const auto old = read_header(in);
  if (!old || old->version < '2' || !in.skip(old->size(4)))
    return std::nullopt;
  const auto h = read_header(in);
  if (!h || h->version != old->version || h->leaps != 0 || h->types == 0 || in.rest().size() < h->size(8))
    return std::nullopt;

  std::vector<std::int64_t> times(h->changes);
  for (std::size_t i = 0; i < times.size(); ++i) {
    times[i] = *in.integer(8);
    if (i > 0 && times[i] <= times[i - 1])
      return std::nullopt;
  }
  std::vector<std::size_t> kinds(h->changes);
  for (auto& k : kinds)
    if ((k = static_cast<std::size_t>(*in.integer(1)) & 0xff) >= h->types)
      return std::nullopt;
  std::vector<std::int32_t> offsets(h->types);
  for (auto& o : offsets) {
    o = static_cast<std::int32_t>(*in.integer(4));
    if (o < least_offset || o > most_offset)
      return std::nullopt;
    in.skip(2);
  }
  in.skip(h->names + h->standard_flags + h->utc_flags);
  const auto footer = in.rest();
  if (footer.size() < 2 || footer.front() != '\n' || footer.back() != '\n')
    return std::nullopt;

  time_zone zone(posix_zone::fixed(0));
  const auto rules = footer.substr(1, footer.size() - 2);
  zone.has_rules_ = !rules.empty();
  if (zone.has_rules_) {
    const auto parsed = posix_zone::parse(rules);
    if (!parsed)
      return std::nullopt;
    zone.rules_ = *parsed;
  }
  zone.first_ = offsets[0];
  auto offset = zone.first_;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const bool last = i + 1 == times.size(); // kept: from there on the rules hold
    if (offsets[kinds[i]] != offset || last)
      zone.changes_.emplace_back(times[i], offset = offsets[kinds[i]]);
  }
  return zone;
}

std::int32_t time_zone::offset_at(std::int64_t t) const noexcept {
  if (has_rules_ && (changes_.empty() || t >= changes_.back().at))
    return rules_.offset_at(t);
  const auto after = std::upper_bound(changes_.begin(), changes_.end(), t,
                                      [](std::int64_t a, const offset_change& b) { return a < b.at; });
  return after == changes_.begin() ? first_ : std::prev(after)->offset;
}

std::optional<offset_change> time_zone::next_change(std::int64_t t) const noexcept {
  const auto now = offset_at(t);
  for (auto after = std::upper_bound(changes_.begin(), changes_.end(), t,
                                     [](std::int64_t a, const offset_change& b) { return a < b.at; });
       after != changes_.end(); ++after)
    if (const auto then = offset_at(after->at); then != now)
      return offset_change(after->at, then);
  if (!has_rules_)
    return std::nullopt;
  return rules_.next_change(changes_.empty() ? t : std::max(t, changes_.back().at));
}

std::optional<std::int64_t> time_zone::last_change(std::int64_t t) const noexcept {
  // A year and a half back, and forward again: rules have a change in every year, or none.
  std::optional<std::int64_t> last;
  auto at = t - std::int64_t(550) * 86400;
  while (const auto next = next_change(at)) {
    if (next->at > t)
      break;
    last = at = next->at;
  }
  return last;
}

std::int64_t time_zone::first_at(std::int64_t local) const noexcept {
  auto from = local - farthest;
  for (;;) {
    const auto there = std::max(from, local - offset_at(from));
    const auto next = next_change(from);
    if (!next || there < next->at)
      return there;
    from = next->at;
  }
}

} // namespace weir::inline v0
