#include "tool/output/spending_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "codec/json/json.hpp"
#include "cost/shown_amount.hpp"
#include "tool/output/display_width.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

namespace json = codec::json;

constexpr std::size_t name_width = 40;
constexpr std::size_t longest_name = 60;

// `1,234,567`.
std::string grouped(std::uint64_t n) {
  auto digits = std::to_string(n);
  for (auto at = digits.size(); at > 3;)
    digits.insert(at -= 3, ",");
  return digits;
}

std::string amounts(const std::map<std::string, money>& all) {
  std::string text;
  for (const auto& [currency, amount] : all)
    text += (text.empty() ? "" : " + ") + shown_amount(currency, amount);
  return text.empty() ? "–" : text;
}

std::string cost_of(const spending& s) {
  // Marked where something is missing from the sum.
  return amounts(s.cost) + (s.unpriced != 0 ? "+?" : "");
}

double size_of(const spending& s, const std::string& currency) {
  if (currency.empty())
    return static_cast<double>(s.input_tokens + s.output_tokens);
  const auto found = s.cost.find(currency);
  return found == s.cost.end() ? 0 : std::max(0.0, found->second.to_double());
}

std::string dearest_currency(const spending& total) {
  std::string currency;
  for (const auto& [name, amount] : total.cost)
    if (amount > money() && (currency.empty() || amount > total.cost.at(currency)))
      currency = name;
  return currency;
}

std::string bar(double share, std::size_t columns) {
  static constexpr const char* eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto n = static_cast<std::size_t>(std::lround(share * static_cast<double>(columns) * 8));
  std::string text;
  for (std::size_t i = 0; i != n / 8; ++i)
    text += "█";
  return text + eighths[n % 8];
}

std::string shown_name(const std::string& name) {
  return name.empty() ? std::string("(none)") : fitted(one_line(name), longest_name);
}

// The columns of a table; those about doubts only where there are any.
class table {
public:
  table(std::size_t name_columns, const spending& total)
      : name_columns_(name_columns), unpriced_(total.unpriced != 0), estimated_(total.estimated != 0) {}

  std::string head(std::string_view title) const {
    return line(std::string(title), "REQUESTS", "UNPRICED", "ESTIMATED", "IN", "CACHED", "OUT", "COST");
  }
  std::string row(std::string name, const spending& s) const {
    return line(std::move(name), grouped(s.attempts), grouped(s.unpriced), grouped(s.estimated),
                grouped(s.input_tokens), grouped(s.cached_tokens), grouped(s.output_tokens), cost_of(s));
  }

private:
  std::string line(std::string name, std::string calls, std::string unpriced, std::string estimated, std::string in,
                   std::string cached, std::string out, std::string cost) const {
    auto text = padded(std::move(name), name_columns_) + right_aligned(std::move(calls), 10);
    if (unpriced_)
      text += right_aligned(std::move(unpriced), 10);
    if (estimated_)
      text += right_aligned(std::move(estimated), 11);
    // However long they are, columns stay apart.
    return text + ' ' + right_aligned(std::move(in), 14) + ' ' + right_aligned(std::move(cached), 13) + ' ' +
           right_aligned(std::move(out), 13) + "  " + right_aligned(std::move(cost), 12) + '\n';
  }

  std::size_t name_columns_;
  bool unpriced_, estimated_;
};

json::object amounts_object(const std::map<std::string, money>& all) {
  json::object o;
  for (const auto& [currency, amount] : all)
    o[currency] = amount.text();
  return o;
}

// A name that begins like a formula is one to spreadsheets.
std::string quoted(std::string_view name) {
  std::string text = one_line(name);
  if (!text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos)
    text.insert(text.begin(), '\'');
  std::string out = "\"";
  for (const char c : text)
    out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

std::vector<std::string> names_of(const spending_by& rows, bool dearest_first) {
  if (dearest_first)
    return rows.dearest_first();
  std::vector<std::string> names;
  for (const auto& [name, _] : rows.rows())
    names.push_back(name);
  return names;
}

} // namespace

std::string spending_table(std::string_view title, const spending_by& rows, bool dearest_first) {
  const auto names = names_of(rows, dearest_first);
  auto width = columns_of(title);
  for (const auto& name : names)
    width = std::max(width, columns_of(shown_name(name)));
  width = std::min(std::max<std::size_t>(width, 12), name_width);
  const table lines(width, rows.total());
  auto text = lines.head(title);
  for (const auto& name : names) {
    auto shown = shown_name(name);
    if (columns_of(shown) > width)
      text += std::exchange(shown, {}) + '\n';
    text += lines.row(std::move(shown), rows.rows().at(name));
  }
  if (names.size() > 1)
    text += lines.row("TOTAL", rows.total());
  return text;
}

std::string spending_plot(std::string_view title, std::string_view by, const spending_by& rows,
                          const std::vector<axis_mark>& axis, std::size_t columns) {
  static const spending nothing;
  const auto currency = dearest_currency(rows.total());
  double most = 0;
  auto width = columns_of(title);
  for (const auto& [name, s] : rows.rows()) {
    most = std::max(most, size_of(s, currency));
    width = std::max(width, columns_of(shown_name(name)));
  }
  if (most <= 0)
    return {};
  constexpr std::size_t figure = 20;
  const auto room = columns > width + figure + 12 ? columns - width - figure - 2 : 10;
  auto text = padded(std::string(title), width) + right_aligned(currency.empty() ? "TOKENS" : "COST", figure) + '\n';
  for (const auto& mark : axis) {
    if (mark.skipped != 0) {
      text += fmt::format("… {} {}s without spending\n", grouped(mark.skipped), by);
      continue;
    }
    const auto found = rows.rows().find(mark.name);
    const auto& s = found == rows.rows().end() ? nothing : found->second;
    const auto label = currency.empty() && s.attempts != 0 ? grouped(s.input_tokens + s.output_tokens) : cost_of(s);
    const auto drawn = bar(size_of(s, currency) / most, room);
    text += padded(shown_name(mark.name), width) + "  " + right_aligned(label, figure - 2) +
            (drawn.empty() ? "" : "  ") + drawn + '\n';
  }
  return text;
}

std::string spending_json(std::string_view by, std::string_view name, const spending& s) {
  json::object o{{"by", by},
                 {"name", name},
                 {"calls", s.calls},
                 {"attempts", s.attempts},
                 {"failed", s.failed},
                 {"unpriced", s.unpriced},
                 {"estimated", s.estimated},
                 {"incomplete", s.incomplete},
                 {"input_tokens", s.input_tokens},
                 {"cached_tokens", s.cached_tokens},
                 {"output_tokens", s.output_tokens}};
  o["cost"] = amounts_object(s.cost);
  o["cache_saved"] = amounts_object(s.cache_saved);
  return codec::to_text(o);
}

std::string spending_csv_head(std::string_view by) {
  return std::string(by) + ",calls,attempts,failed,unpriced,estimated,incomplete,input_tokens,cached_tokens,"
                           "output_tokens,currency,cost,cache_saved\r\n";
}

std::string spending_csv(std::string_view name, const spending& s) {
  const auto counts =
      fmt::format("{},{},{},{},{},{},{},{},{},{}", quoted(name), s.calls, s.attempts, s.failed, s.unpriced, s.estimated,
                  s.incomplete, s.input_tokens, s.cached_tokens, s.output_tokens);
  std::string text;
  for (const auto& [currency, amount] : s.cost) {
    const auto saved = s.cache_saved.find(currency);
    text += fmt::format("{},{},{},{}\r\n", counts, one_line(currency), amount.text(),
                        saved == s.cache_saved.end() ? std::string() : saved->second.text());
  }
  return text.empty() ? counts + ",,,\r\n" : text;
}

} // namespace weir::inline v0::cli
