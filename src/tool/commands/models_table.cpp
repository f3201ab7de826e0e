#include "tool/commands/models_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <tuple>
#include <utility>

#include "codec/json/json.hpp"
#include "tool/output/display_width.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

namespace json = codec::json;

constexpr std::size_t name_width = 35;
constexpr std::string_view unknown = "–";

std::string dollars(const std::optional<double>& price) {
  if (!price)
    return std::string(unknown);
  // Below a cent, fractions of it matter.
  return *price < 0.01 && *price > 0 ? fmt::format("{:.4f}", *price) : fmt::format("{:.2f}", *price);
}

std::string tokens(const std::optional<std::uint64_t>& n) {
  if (!n)
    return std::string(unknown);
  if (*n >= 1'000'000)
    return fmt::format("{:.1f}M", static_cast<double>(*n) / 1e6);
  return *n >= 10'000 ? fmt::format("{}k", *n / 1000) : std::to_string(*n);
}

std::string first_token(const std::optional<duration>& d) {
  if (!d)
    return std::string(unknown);
  const auto ms = std::chrono::duration<double, std::milli>(*d).count();
  return ms < 10'000 ? fmt::format("{:.0f}ms", ms) : fmt::format("{:.0f}s", ms / 1000);
}

std::string lower(std::string text) {
  for (auto& c : text)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string rate(const std::optional<double>& n) { return n ? fmt::format("{:.0f}", *n) : std::string(unknown); }

std::string word(const std::optional<bool>& b) { return b ? *b ? "yes" : "no" : std::string(unknown); }

std::string line(std::string_view name, std::string_view provider, std::string_view in, std::string_view out,
                 std::string_view context, std::string_view first, std::string_view speed, std::string_view tools,
                 std::string_view structured) {
  auto text = fmt::format("{} {} {:>7} {:>7} {:>7} {:>7} {:>5} {:>5} {:>4}", padded(std::string(name), name_width),
                          padded(std::string(provider), 15), in, out, context, first, speed, tools, structured);
  while (text.ends_with(' '))
    text.pop_back();
  return text + '\n';
}

std::string row(std::string_view name, const model_info& m, const model_provider& p) {
  const bool gift = p.is_free.value_or(false);
  return line(name, harmless(p.id) + (p.live() ? "" : "!"), gift ? "free" : dollars(p.price.input),
              gift ? "free" : dollars(p.price.output), tokens(p.context_length ? p.context_length : m.context_length),
              first_token(p.first_token), rate(p.throughput), word(p.supports_tools),
              word(p.supports_structured_output));
}

template <class T>
json::value or_null(const std::optional<T>& v) {
  return v ? json::value(*v) : json::value(nullptr);
}

json::value or_null(const std::string& v) { return v.empty() ? json::value(nullptr) : json::value(v); }

json::object price_object(const token_price& p) {
  return json::object{{"input", or_null(p.input)}, {"output", or_null(p.output)}};
}

} // namespace

std::string models_table(std::vector<model_info> all) {
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return lower(a.id) < lower(b.id); });
  auto text = line("MODEL", "PROVIDER", "IN $/M", "OUT $/M", "CONTEXT", "FIRST", "TOK/S", "TOOLS", "JSON");
  for (auto& m : all) {
    const auto key = [](const model_provider& p) {
      const double cost = p.is_free.value_or(false) ? 0 : p.price.output.value_or(1e300);
      return std::tuple(!p.live(), cost, -p.throughput.value_or(0), std::string_view(p.id));
    };
    std::sort(m.providers.begin(), m.providers.end(), [&key](const auto& a, const auto& b) { return key(a) < key(b); });
    if (m.providers.empty()) {
      auto& itself = m.providers.emplace_back();
      itself.id = unknown;
      itself.price = m.price;
    }
    auto name = harmless(m.id);
    if (columns_of(name) > name_width)
      text += std::exchange(name, {}) + '\n';
    for (const auto& p : m.providers)
      text += row(name, m, p);
  }
  return text;
}

std::string to_json(const model_info& m) {
  json::object o{{"id", m.id}, {"owner", or_null(m.owner)}};
  o["created"] =
      m.created ? json::value(std::chrono::duration_cast<std::chrono::seconds>(m.created->time_since_epoch()).count())
                : json::value(nullptr);
  o["task"] = or_null(m.task);
  o["context_length"] = or_null(m.context_length);
  o["input_modalities"] = json::array(m.input_modalities.begin(), m.input_modalities.end());
  o["output_modalities"] = json::array(m.output_modalities.begin(), m.output_modalities.end());
  o["price"] = price_object(m.price);
  json::array providers;
  for (const auto& p : m.providers) {
    json::object one{{"provider", p.id},
                     {"status", or_null(p.status)},
                     {"model", or_null(p.model)},
                     {"task", or_null(p.task)},
                     {"price", price_object(p.price)}};
    one["context_length"] = or_null(p.context_length);
    one["first_token_ms"] = p.first_token
                                ? json::value(std::chrono::duration<double, std::milli>(*p.first_token).count())
                                : json::value(nullptr);
    one["tokens_per_second"] = or_null(p.throughput);
    one["supports_tools"] = or_null(p.supports_tools);
    one["supports_structured_output"] = or_null(p.supports_structured_output);
    one["is_free"] = or_null(p.is_free);
    providers.push_back(std::move(one));
  }
  o["providers"] = std::move(providers);
  return codec::to_text(o);
}

} // namespace weir::inline v0::cli
