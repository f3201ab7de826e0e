#include "client/config/config_cost.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/client/webhook.hpp>
#include <weir/cost/alerts.hpp>
#include <weir/cost/budget.hpp>
#include <weir/store/alert_restore.hpp>
#include <weir/store/budget_restore.hpp>
#include <weir/store/ledger_file.hpp>
#include <weir/store/price_file.hpp>

#include "store/ledger/tell_losses.hpp"

namespace weir::inline v0 {

namespace {

namespace fs = std::filesystem;

// Beside the file that names it.
std::string path_in(const config_value& v, const config_context& in) {
  const auto path = v.text();
  if (path.empty())
    v.refuse("must not be empty");
  return (fs::path(in.folder) / path).string();
}

// What a price list or a ledger says about itself, at the place that names it.
template <class F>
auto at(const config_value& v, F&& read) {
  try {
    return read();
  } catch (const error& e) {
    v.refuse(e.failure().message());
  }
}

std::shared_ptr<price_book> read_price_lists(const config_value& v, const config_context& in) {
  auto book = std::make_shared<price_book>();
  for (const auto& one : v.texts())
    book->add(at(one, [&] { return read_prices(path_in(one, in)); }));
  return book;
}

std::shared_ptr<ledger_file> read_ledger_file(const config_value& v, const config_context& in) {
  in.only_own(v);
  ledger_options settings;
  std::string path;
  if (v.is_text()) {
    path = path_in(v, in);
  } else {
    if (!v.is_object())
      v.refuse_type("a file's name, or an object with a path");
    auto o = v.object();
    o.on("path", [&](const config_value& p) { path = path_in(p, in); })
        .on("max_bytes", [&](const config_value& n) { settings.max_bytes(n.whole()); })
        .on("keep", [&](const config_value& n) { settings.keep(static_cast<unsigned>(n.whole(1, 1000))); })
        .on("required", [&](const config_value& b) { settings.required(b.flag()); })
        .on("gather", [&](const config_value& d) { settings.gather(d.duration()); });
    o.finish();
    if (path.empty())
      v.refuse("needs a path");
    if (v.is_text() && v.text() == "none")
      v.refuse("names a file: leave it out for no ledger");
  }
  return at(v, [&] { return open_ledger(path, settings); });
}

money read_money(const config_value& v) {
  if (v.is_text()) {
    std::string_view why;
    if (const auto m = money::parse(v.text(), &why))
      return *m;
    v.refuse(why);
  }
  if (const auto m = money::from_double(v.number()))
    return *m;
  v.refuse_type("an amount such as \"5.00\"");
}

void read_where(const config_value& v, budget& into) {
  auto o = v.object();
  const auto each_text = [&](std::string_view name, budget& (budget::*add)(std::string)&) {
    o.on(name, [&](const config_value& all) {
      for (const auto& one : all.texts())
        (into.*add)(one.text());
    });
  };
  each_text("key", &budget::key);
  each_text("provider", &budget::provider);
  each_text("model", &budget::model);
  each_text("tenant", &budget::tenant);
  o.on("tags", [&](const config_value& tags) {
    for (const auto& [name, values] : tags.object().members())
      for (const auto& one : values.texts())
        into.tag(name, one.text());
  });
  o.finish();
}

spend_part part_of(const config_value& v) {
  return v.one_of<spend_part>({{"key", spend_part::key},
                               {"provider", spend_part::provider},
                               {"model", spend_part::model},
                               {"tenant", spend_part::tenant},
                               {"tag:NAME", spend_part::tag}});
}

void read_each(const config_value& v, budget& into) {
  constexpr std::string_view tag = "tag:";
  for (const auto& one : v.texts()) {
    const auto name = one.text();
    if (name.starts_with(tag) && name.size() > tag.size())
      into.each_tag(name.substr(tag.size()));
    else
      into.each(part_of(one));
  }
}

budget read_budget(const config_value& v) {
  budget b;
  const auto policy_of = [](const config_value& p) {
    return p.one_of<budget::policy>({{"refuse", budget::policy::refuse}, {"warn", budget::policy::warn}});
  };
  bool rolling = false;
  config_section section(v, b);
  section.with("name", [&](const config_value& n) { b.name(n.text()); })
      .with("max_cost", [&](const config_value& m) { b.max_cost(read_money(m)); })
      .with("currency", [&](const config_value& c) { b.currency(c.text()); })
      .whole("max_tokens", &budget::max_tokens, 1)
      .with("per",
            [&](const config_value& p) {
              b.per(p.one_of<budget::span>({{"minute", budget::span::minute},
                                            {"hour", budget::span::hour},
                                            {"day", budget::span::day},
                                            {"week", budget::span::week},
                                            {"month", budget::span::month}}));
            })
      .with("zone", [&](const config_value& z) { b.calendar(z.text()); })
      .with("rolling", [&](const config_value& r) { rolling = r.flag(); })
      .with("where", [&](const config_value& w) { read_where(w, b); })
      .with("each", [&](const config_value& e) { read_each(e, b); })
      .whole("max_groups", &budget::max_groups, 1)
      .number("soft", &budget::soft)
      .with("at_limit", [&](const config_value& p) { b.at_limit(policy_of(p)); })
      .with("unpriced", [&](const config_value& p) { b.unpriced(policy_of(p)); });
  if (rolling)
    b.rolling();
  if (b.name().empty())
    b.name(v.path());
  section.finish();
  return b;
}

std::shared_ptr<budgets> read_budgets(const config_value& v) {
  std::vector<budget> all;
  for (const auto& one : v.list())
    all.push_back(read_budget(one));
  return at(v, [&] { return std::make_shared<budgets>(std::move(all)); });
}

// The URL of a webhook is as secret as a key: the file has the name of its variable.
std::function<void(const alert&)> read_webhook(const config_value& v, config_context& in) {
  in.only_own(v);
  webhook_options settings;
  std::string name;
  if (v.is_text()) {
    name = v.text();
  } else {
    if (!v.is_object())
      v.refuse_type("the name of the variable with the URL, or an object with a variable");
    auto o = v.object();
    o.on("variable", [&](const config_value& n) { name = n.text(); }).on("grace", [&](const config_value& t) {
      settings.grace(t.duration());
    });
    o.finish();
    if (name.empty())
      v.refuse("needs a variable");
  }
  const char* url = in.get(name.c_str());
  if (!url || !*url)
    v.refuse("the variable " + name + " is not set");
  const auto hook = at(v, [&] { return std::make_shared<webhook>(url, std::move(settings)); });
  return [hook](const alert& a) { hook->post(a.text(), a.json()); };
}

std::shared_ptr<alerts> read_alerts(const config_value& v, config_context& in) {
  alert_rules rules;
  const auto seconds = [](const config_value& t) {
    return std::chrono::duration_cast<std::chrono::seconds>(t.duration());
  };
  config_section section(v, rules);
  section
      .with("each",
            [&](const config_value& e) {
              constexpr std::string_view tag = "tag:";
              const auto part = e.text();
              if (part.starts_with(tag))
                rules.each(spend_part::tag).each_tag(part.substr(tag.size()));
              else
                rules.each(part_of(e));
            })
      .with("spike_floor", [&](const config_value& m) { rules.spike_floor(read_money(m)); })
      .number("spike_factor", &alert_rules::spike_factor)
      .number("spike_deviations", &alert_rules::spike_deviations)
      .number("spike_without_baseline", &alert_rules::spike_without_baseline)
      .with("at_most_every", [&](const config_value& t) { rules.at_most_every(seconds(t)); })
      .with("stderr",
            [&](const config_value& on) {
              if (!on.flag())
                return;
              if (in.alert_line)
                rules.to(in.alert_line);
              else
                rules.on_stderr();
            })
      .with("webhook", [&](const config_value& w) { rules.to(read_webhook(w, in)); });
  section.finish();
  return std::make_shared<alerts>(std::move(rules));
}

} // namespace

void read_cost(config_object& root, config_context& in) {
  auto& o = in.settings;
  root.on("prices",
          [&](const config_value& v) {
            in.only_own(v);
            o.prices(read_price_lists(v, in));
          })
      .on("ledger", [&](const config_value& v) { o.ledger(read_ledger_file(v, in)); })
      .on("budgets",
          [&](const config_value& v) {
            in.only_own(v);
            o.budgets(read_budgets(v));
          })
      .on("alerts", [&](const config_value& v) { o.alerts(read_alerts(v, in)); });
}

void restore_cost(const options& o, const std::string& ledger) {
  if (o.budgets() && o.alerts())
    restore(*o.budgets(), *o.alerts(), ledger);
  else if (o.budgets())
    restore(*o.budgets(), ledger);
  else if (o.alerts())
    restore(*o.alerts(), ledger);
}

void connect_cost(options& o) {
  const auto file = std::dynamic_pointer_cast<ledger_file>(o.ledger());
  if (file)
    restore_cost(o, file->path());
  if (o.alerts() && o.budgets())
    o.alerts()->watch(*o.budgets());
  if (file && o.alerts())
    tell_losses(*file, o.alerts());
}

} // namespace weir::inline v0
