#include "store/prices/reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

namespace weir::inline v0::price_lists {

namespace {

constexpr std::size_t most_warnings = 1000;
constexpr std::size_t longest_quote = 80;

// The most that one unit may cost.
constexpr auto most_per_token = rate::from_atto(1'000'000'000'000'000'000);
constexpr auto most_per_other = rate::from_atto(static_cast<decimal::int128>(1'000'000'000'000'000'000) * 1000);

bool is_small(usage_unit u) noexcept {
  return is_input_tokens(u) || is_output_tokens(u) || u == usage_unit::input_characters ||
         u == usage_unit::input_milliseconds || u == usage_unit::output_milliseconds;
}

// Text for a message: short, and without anything that a terminal would obey.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, longest_quote))
    out.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
  return out.append(text.size() > longest_quote ? "…\"" : "\"");
}

// Takes digits off the front; false unless there are so many.
bool take(std::string_view& text, std::size_t digits, int& value) noexcept {
  if (text.size() < digits)
    return false;
  const auto r = std::from_chars(text.data(), text.data() + digits, value);
  if (r.ec != std::errc() || r.ptr != text.data() + digits || text.front() == '-')
    return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) noexcept {
  if (!text.starts_with(c))
    return false;
  text.remove_prefix(1);
  return true;
}

// `16:30` or `16:30:00`, in seconds.
std::optional<int> take_time(std::string_view& text) noexcept {
  int hours = 0, minutes = 0, seconds = 0;
  if (!take(text, 2, hours) || !take(text, ':') || !take(text, 2, minutes))
    return std::nullopt;
  if (take(text, ':') && !take(text, 2, seconds))
    return std::nullopt;
  if (minutes > 59 || seconds > 59 || hours * 3600 + minutes * 60 + seconds > 86'400)
    return std::nullopt;
  return hours * 3600 + minutes * 60 + seconds;
}

// Nothing, `Z` or `+02:00`: the seconds that it is ahead of UTC.
std::optional<int> take_zone(std::string_view& text) noexcept {
  if (text.empty() || take(text, 'Z'))
    return 0;
  const bool west = text.front() == '-';
  if (!west && text.front() != '+')
    return std::nullopt;
  text.remove_prefix(1);
  const auto ahead = take_time(text);
  if (!ahead)
    return std::nullopt;
  return west ? -*ahead : *ahead;
}

} // namespace

std::string field::path() const {
  if (!parent_)
    return {};
  auto text = parent_->path();
  if (indexed_)
    return text.append("[").append(std::to_string(index_)).append("]");
  if (!text.empty())
    text.push_back('.');
  for (const char c : key_.substr(0, 200))
    text.push_back(static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c);
  return text;
}

void field::fail(std::string_view what) const {
  auto line = path();
  line.append(line.empty() ? "" : ": ").append(what);
  throw price_reader::mistake(std::move(line));
}

std::string_view required_string(const field& in, std::string_view key) {
  const auto f = member(in, key);
  if (!f)
    in.fail("no " + quoted(key));
  if (f->string().empty())
    f->fail("must be a text");
  return f->string();
}

std::string_view number_text(const field& f) {
  if (!f.value().is(field::value_kind::number) && !f.value().is(field::value_kind::string))
    f.fail("must be a number");
  return f.value().text();
}

rate read_rate(const field& f, usage_unit u, std::uint64_t per) {
  const auto text = number_text(f);
  std::string_view why;
  const auto r = rate::parse(text, per, &why);
  if (!r)
    f.fail(std::string(why) + ": " + quoted(text));
  if (*r < rate())
    f.fail("a negative price: " + std::string(text.substr(0, longest_quote)));
  if (*r > (is_small(u) ? most_per_token : most_per_other))
    f.fail("a price that cannot be meant: " + std::string(text.substr(0, longest_quote)));
  return *r;
}

std::uint64_t read_count(const field& f) {
  const auto text = number_text(f);
  constexpr auto most = static_cast<decimal::int128>(1'000'000'000'000);
  const auto n = decimal::parse(text, 0, decimal::inexact::refuse);
  if (!n || *n < 0 || *n > most)
    f.fail("must be a number of tokens");
  return static_cast<std::uint64_t>(*n);
}

void read_date(const field& f, price_time& when) {
  auto text = f.string();
  const auto date = text;
  int year = 0, month = 0, day = 0, time = 0, zone = 0;
  const auto refuse = [&] { f.fail("must be a date such as \"2026-03-13\""); };
  if (!take(text, 4, year) || !take(text, '-') || !take(text, 2, month) || !take(text, '-') || !take(text, 2, day))
    refuse();
  if (take(text, 'T') || take(text, ' ')) {
    const auto t = take_time(text);
    const auto z = t ? take_zone(text) : std::nullopt;
    if (!z)
      refuse();
    time = *t;
    zone = *z;
  }
  const std::chrono::year_month_day ymd(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                        std::chrono::day(static_cast<unsigned>(day)));
  if (!text.empty() || !ymd.ok())
    refuse();
  when.from = std::int64_t(std::chrono::sys_days(ymd).time_since_epoch().count()) * 86'400 + time - zone;
  when.date = date;
}

std::uint32_t read_time_of_day(const field& f, std::string_view text) {
  const auto time = take_time(text);
  const auto zone = time ? take_zone(text) : std::nullopt;
  if (!zone || !text.empty())
    f.fail("must be a time of day such as \"16:30\"");
  return static_cast<std::uint32_t>((*time - *zone + 2 * 86'400) % 86'400);
}

void price_reader::unknown(const field& f, std::string_view key) {
  if (unknown_.size() >= most_warnings || !unknown_.emplace(key).second)
    return;
  report(mistake(f.path() + ": an unknown kind of price, left out here and wherever else it occurs"));
}

void price_reader::report(const mistake& m) {
  if (refuse_)
    throw error(errc::invalid_configuration, table.name + ": " + m.line);
  if (warnings.size() < most_warnings)
    warnings.push_back(m.line);
}

void price_reader::add(price_entry e) {
  std::erase_if(e.periods, [](const price_period& p) { return p.rates.empty() && p.variants.empty(); });
  if (!e.periods.empty())
    table.add(std::move(e));
}

price_period& undated(price_entry& e) {
  if (e.periods.empty())
    e.periods.emplace_back();
  return e.periods.front();
}

void set_cache_write(unit_rates& rates, rate r) {
  for (const auto u : {usage_unit::cache_write_5m, usage_unit::cache_write_other})
    if (!rates.has(u))
      rates.set(u, r);
}

} // namespace weir::inline v0::price_lists
