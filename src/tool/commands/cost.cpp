// weir cost: what ledgers say was spent.

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <weir/store/ledger_file.hpp>
#include <weir/store/price_file.hpp>

#include "core/time/duration.hpp"
#include "core/time/wait_hint.hpp"
#include "cost/shown_amount.hpp"
#include "tool/arguments/help.hpp"
#include "tool/commands/commands.hpp"
#include "tool/commands/sums_by.hpp"
#include "tool/output/output.hpp"
#include "tool/output/spending_table.hpp"
#include "tool/output/terminal.hpp"
#include "tool/output/time_axis.hpp"

namespace weir::inline v0::cli {

namespace {

using wall = std::chrono::system_clock;

class arguments {
public:
  arguments() = default;
  std::vector<std::string> ledgers, by, where, prices;
  std::string since, until;
  bool utc = false, json = false, csv = false, quiet = false;
};

// `2026-11-28`, `2026-11-28T10:00:00Z`, or how long ago: `24h`, `7d`.
wall::time_point time_of(const std::string& text, std::string_view option, bool utc) {
  std::tm day{};
  if (const char* end = ::strptime(text.c_str(), "%Y-%m-%d", &day); end && *end == 0) {
    day.tm_isdst = -1;
    return wall::from_time_t(utc ? ::timegm(&day) : std::mktime(&day));
  }
  if (const auto exact = parse_rfc3339(text))
    return *exact;
  try {
    if (text.ends_with('d'))
      return wall::now() -
             24 * std::chrono::duration_cast<wall::duration>(parse_duration(text.substr(0, text.size() - 1) + "h"));
    return wall::now() - std::chrono::duration_cast<wall::duration>(parse_duration(text));
  } catch (const error&) {
    throw error(errc::invalid_argument, std::string(option) + ' ' + text +
                                            ": give a date such as 2026-11-28, a time such as 2026-11-28T10:00:00Z, "
                                            "or how long ago, such as 24h or 7d");
  }
}

class selection {
public:
  explicit selection(const arguments& args) {
    if (!args.since.empty())
      since = time_of(args.since, "--since", args.utc);
    if (!args.until.empty())
      until = time_of(args.until, "--until", args.utc);
    for (const auto& one : args.where) {
      const auto equals = one.find('=');
      if (equals == std::string::npos || equals == 0)
        throw error(errc::invalid_argument, "--where " + one + ": must be NAME=VALUE, such as model=gpt-oss-120b");
      wanted_.emplace_back(key_of(one.substr(0, equals), args.utc, "--where"), one.substr(equals + 1));
    }
  }
  bool has(const ledger_entry& e) const {
    return (!until || e.started < *until) &&
           std::all_of(wanted_.begin(), wanted_.end(), [&](const auto& w) { return w.first(e) == w.second; });
  }
  wall::time_point since{};
  std::optional<wall::time_point> until;

private:
  std::vector<std::pair<std::function<std::string(const ledger_entry&)>, std::string>> wanted_;
};

// Entries are priced again with these lists, if there are any: what the provider has reported stays.
class repricing {
public:
  explicit repricing(const std::vector<std::string>& files) : any_(!files.empty()) {
    for (const auto& file : files)
      book_.add(read_prices(file));
  }
  void price(ledger_entry& e) const {
    const bool free = e.price.cost == money() && e.usage.empty();
    if (!any_ || free)
      return;
    const auto reported = e.price.reported;
    auto again = book_.price(price_query(e.provider, e.model)
                                 .model_answered(e.model_answered)
                                 .started(e.started)
                                 .usage(e.usage)
                                 .service_tier(e.service_tier)
                                 .speed(e.speed));
    // What these lists do not have keeps the price that it had.
    if (again.computed || !e.price.cost)
      e.price = std::move(again);
    if (!reported)
      return;
    e.price.reported = e.price.cost = reported;
    e.price.currency = "USD";
  }

private:
  price_book book_;
  bool any_;
};

std::string attempts(std::uint64_t n) { return fmt::format("{} attempt{}", n, n == 1 ? "" : "s"); }

class report {
public:
  report(const arguments& args, const selection& of) : utc_(args.utc) {
    if (!args.since.empty()) {
      from_ = of.since;
      to_ = std::min(wall::now(), of.until ? *of.until - wall::duration(1) : wall::time_point::max());
    }
    auto wanted = args.by;
    if (wanted.empty())
      wanted = {"model", "day"};
    for (const auto& by : wanted)
      sums_.emplace_back(by, key_of(by, args.utc));
  }
  void add(const ledger_entry& e) {
    for (auto& s : sums_)
      s.rows.add(s.key(e), e);
    if (e.usage.inconsistent && e.price.incomplete)
      ++contradictory_;
    if (e.price.cost)
      return;
    unpriced_.try_emplace((e.provider.empty() ? "?" : e.provider) + '/' + (e.model.empty() ? "?" : e.model),
                          e.price.why_unpriced);
  }

  void print_json() const {
    for (const auto& s : sums_)
      for (const auto& [name, sum] : s.rows.rows())
        print(stdout, "{}\n", spending_json(s.by, name, sum));
    print(stdout, "{}\n", spending_json("total", "", sums_.front().rows.total()));
  }
  void print_csv() const {
    for (const auto& s : sums_) {
      put(stdout, spending_csv_head(s.by));
      for (const auto& [name, sum] : s.rows.rows())
        put(stdout, spending_csv(name, sum));
    }
  }
  void print_tables() const {
    const auto columns = std::min<std::size_t>(width_of(stdout), 120);
    for (const auto& s : sums_) {
      std::string title = s.by;
      std::transform(title.begin(), title.end(), title.begin(),
                     [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
      const bool dates = is_date(s.by);
      if (&s != &sums_.front() && !s.rows.rows().empty())
        put(stdout, "\n");
      const bool drawn = dates && sums_.size() > 1;
      if (!drawn)
        put(stdout, spending_table(title, s.rows, !dates));
      if (drawn || (dates && s.rows.rows().size() > 1))
        put(stdout, (drawn ? "" : "\n") + spending_plot(title, s.by, s.rows, axis_of(s), columns));
    }
  }
  void tell_doubts(const ledger_contents& found, const std::string& damaged_in) const {
    const auto& total = sums_.front().rows.total();
    if (total.unpriced != 0) {
      say(stderr, "{} of {} attempts could not be priced and are in no sum (+?): give a list with --prices\n",
          total.unpriced, total.attempts);
      std::size_t shown = 0;
      for (const auto& [what, why] : unpriced_) {
        if (++shown > 3) {
          say(stderr, "  … and {} more\n", unpriced_.size() - 3);
          break;
        }
        say(stderr, "  {}: {}\n", what, why.empty() ? std::string("no price") : why);
      }
    }
    if (total.estimated != 0)
      say(stderr, "{} broke off, or reported no usage or only a part: theirs is an estimate\n",
          attempts(total.estimated));
    if (total.incomplete > contradictory_)
      say(stderr, "{} used something that the price list has no price for: the nearest one was used\n",
          attempts(total.incomplete - contradictory_));
    if (contradictory_ != 0)
      say(stderr, "{} reported a usage that contradicts itself: what that costs is in doubt\n",
          attempts(contradictory_));
    for (const auto& [currency, saved] : total.cache_saved)
      if (saved > money())
        say(stderr, "prompt caches saved {}\n", shown_amount(currency, saved));
    if (found.damaged != 0)
      say(stderr, "{} damaged line{} passed over, the first one is line {} of {}\n", found.damaged,
          found.damaged == 1 ? " was" : "s were", found.first_damaged, one_line(damaged_in));
    if (!utc_ && found.entries != 0 && sums_.size() > 1)
      say(stderr, "{} {}, days in local time (--utc: UTC)\n", found.entries, found.entries == 1 ? "entry" : "entries");
  }

private:
  class sum {
  public:
    sum(std::string by, std::function<std::string(const ledger_entry&)> key) : by(std::move(by)), key(std::move(key)) {}
    std::string by;
    std::function<std::string(const ledger_entry&)> key;
    spending_by rows;
  };
  // What --since names is on it, with spending or without.
  std::vector<axis_mark> axis_of(const sum& s) const {
    std::vector<std::string> dates;
    for (const auto& [name, _] : s.rows.rows())
      dates.push_back(name);
    const auto text = [&](const std::optional<wall::time_point>& t) {
      return t ? date_text(*t, date_format(s.by), utc_) : std::string();
    };
    return time_axis(s.by, dates, text(from_), text(to_));
  }

  std::optional<wall::time_point> from_, to_;
  std::vector<sum> sums_;
  std::map<std::string, std::string> unpriced_;
  std::uint64_t contradictory_ = 0;
  bool utc_;
};

// Each file once: what a ledger was renamed to is read with it, and a pattern such as l.jsonl* names both.
std::vector<std::string> distinct(const std::vector<std::string>& given) {
  const auto real = [](const std::string& path) {
    std::error_code ec;
    auto name = std::filesystem::weakly_canonical(path, ec).string();
    return ec ? path : name;
  };
  std::vector<std::string> all, names;
  for (const auto& path : given)
    if (auto name = real(path); std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
      all.push_back(path);
    }
  std::erase_if(all, [&](const std::string& path) {
    const auto name = real(path);
    const auto dot = name.rfind('.');
    const bool numbered =
        dot != name.npos && dot + 1 < name.size() && name.find_first_not_of("0123456789", dot + 1) == name.npos;
    return numbered && std::find(names.begin(), names.end(), name.substr(0, dot)) != names.end();
  });
  return all;
}

void cost(const arguments& args) {
  if (args.json && args.csv)
    throw error(errc::invalid_argument, "--json and --csv exclude each other");
  const selection wanted(args);
  const repricing prices(args.prices);
  report all(args, wanted);
  ledger_contents found;
  std::uint64_t selected = 0;
  std::string damaged_in;
  for (const auto& path : distinct(args.ledgers)) {
    const auto one = read_ledger(
        path,
        [&](const ledger_entry& read) {
          if (!wanted.has(read))
            return;
          ++selected;
          auto e = read;
          prices.price(e);
          all.add(e);
        },
        wanted.since);
    found.entries += one.entries;
    if (found.damaged == 0 && one.damaged != 0) {
      found.first_damaged = one.first_damaged;
      damaged_in = path;
    }
    found.damaged += one.damaged;
  }
  if (args.json)
    all.print_json();
  else if (args.csv)
    all.print_csv();
  else if (selected != 0)
    all.print_tables();
  if (args.quiet)
    return;
  if (selected == 0)
    say(stderr, "no entries{}\n",
        args.since.empty() && args.until.empty() && args.where.empty() ? "" : " match --since, --until and --where");
  all.tell_doubts(found, damaged_in);
}

} // namespace

void add_cost(CLI::App& app, int&) {
  auto* command = app.add_subcommand("cost", "Sum up what ledgers say was spent");
  auto args = std::make_shared<arguments>();
  command->add_option("LEDGER", args->ledgers, "Ledgers, as written with --ledger")->required()->type_name("FILE");
  repeatable(command->add_option("--by", args->by, "Sum by this, repeatable (default: model, and a plot of days)"))
      ->type_name("WHAT")
      ->group("Selection");
  command->add_option("--since", args->since, "From here on: a date, a time, or how long ago, such as 7d")
      ->type_name("WHEN")
      ->group("Selection");
  command->add_option("--until", args->until, "Before this")->type_name("WHEN")->group("Selection");
  repeatable(command->add_option("--where", args->where,
                                 "Only entries with this, such as provider=groq or tag:team=search (repeatable)"))
      ->type_name("NAME=VALUE")
      ->group("Selection");
  command->add_flag("--utc", args->utc, "Days of UTC (default: local time)")->group("Selection");
  repeatable(command->add_option("--prices", args->prices, "Price the entries again with this list (repeatable)"))
      ->type_name("FILE")
      ->group("Selection");
  command->add_flag("--json", args->json, "Print one JSON object per row")->group("Output");
  command->add_flag("--csv", args->csv, "Print comma-separated values")->group("Output");
  command->add_flag("-q,--quiet", args->quiet, "Say nothing on stderr")->group("Output");
  command->footer("WHAT is hour, day, week, month, provider, model, answered, key, tenant, operation, outcome, tier,\n"
                  "prices, or tag:NAME. IN includes CACHED. COST is exact, and shown rounded; +? says that something\n"
                  "in the row has no known price. What FILE was renamed to (FILE.1, FILE.2 …) is read too.");
  command->callback([args] { cost(*args); });
}

} // namespace weir::inline v0::cli
