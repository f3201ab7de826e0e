// Price lists: refused in one line or read, the same whether mistakes are skipped or refused as long as there are none,
// and never a cost below zero.
#include <string>

#include <weir/core/error.hpp>
#include <weir/store/price_file.hpp>

#include "codec/json/json.hpp"
#include "codec/json/number_text.hpp"
#include "cost/prices/table.hpp"
#include "fuzz.hpp"

namespace {

using mistakes = weir::price_file_options::mistakes;

std::optional<weir::price_source> read(std::string_view text, mistakes how) {
  try {
    return weir::parse_prices(text, "list", weir::price_file_options().on_mistake(how));
  } catch (const weir::error& e) {
    fuzz::hold(e.code() == weir::errc::invalid_configuration, "a list is refused as a configuration");
    for (const char c : std::string(e.what()))
      fuzz::hold(static_cast<unsigned char>(c) >= 0x20, "a message is one line, and nothing a terminal obeys");
    return std::nullopt;
  }
}

weir::usage some_usage(unsigned seed) {
  weir::usage u;
  for (std::size_t i = 0; i != weir::usage_unit_count; ++i)
    if ((seed >> (i % 8) & 1) != 0)
      u.units.set(static_cast<weir::usage_unit>(i), std::uint64_t{1} << (i * 3 + seed % 7));
  return u;
}

void price_all(const weir::price_source& s, unsigned kind, unsigned seed) {
  constexpr const char* tiers[] = {"", "flex", "priority", "batch"};
  constexpr std::size_t enough = 20;
  weir::price_book book;
  book.add(s);
  std::size_t seen = 0;
  for (const auto& e : s.table()->entries()) {
    if (++seen > enough)
      break;
    const auto when = std::chrono::system_clock::time_point(std::chrono::hours(480'000 + seed * 61));
    const auto q = weir::price_query(e.provider, e.names.empty() ? e.model : e.names.front())
                       .usage(some_usage(seed))
                       .started(when)
                       .service_tier(tiers[kind % 4])
                       .speed(kind & 4 ? "fast" : "");
    const auto p = book.price(q);
    fuzz::hold(p.cost.has_value() != !p.why_unpriced.empty(), "a cost, or a reason why there is none");
    fuzz::hold(!p.cost || *p.cost >= weir::money(), "no cost is below zero");
    fuzz::hold(p.incomplete == !p.remark.empty(), "what is incomplete is said");
    const auto estimate = book.estimate(q, 1000, 1000);
    fuzz::hold(!estimate || *estimate >= weir::money(), "no estimate is below zero");
    book.find(e.provider, e.model, when);
  }
}

} // namespace

FUZZ(in) {
  weir::error_code plain, kept;
  weir::codec::json_problem problem;
  weir::codec::parse_json(in.text, plain);
  const weir::codec::text_document document(in.text, kept, problem);
  fuzz::hold(plain || !kept, "whatever is JSON is read with its numbers' texts");
  const auto lenient = read(in.text, mistakes::skip);
  const auto strict = read(in.text, mistakes::refuse);
  fuzz::hold(strict.has_value() == (lenient && lenient->warnings().empty()), "what has no mistakes is not refused");
  if (strict)
    fuzz::hold(strict->size() == lenient->size(), "nothing is lost without a mistake");
  if (lenient)
    price_all(*lenient, in.kind, in.seed);
}
