#include "tool/arguments/cost_options.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/cost/alerts.hpp>
#include <weir/cost/budget.hpp>
#include <weir/store/budget_restore.hpp>
#include <weir/store/ledger_file.hpp>
#include <weir/store/price_file.hpp>

#include "client/config/config_cost.hpp"
#include "client/otlp/otlp_environment.hpp"
#include "store/ledger/tell_losses.hpp"
#include "tool/arguments/help.hpp"
#include "tool/arguments/requests.hpp"
#include "tool/output/output.hpp"
#include "tool/private_files.hpp"

namespace weir::inline v0::cli {

namespace {

constexpr std::string_view no_ledger = "none";
// A command makes few calls, and may be killed right after one.
constexpr duration at_once{};
// What CLI11 gives for an option without its value.
constexpr std::string_view no_value = "true";

void tell_loss(const std::string& why, std::uint64_t lost) {
  tell_apart(stderr, why.empty() ? fmt::format("weir: the ledger can be written again; {} entries are lost\n", lost)
                                 : fmt::format("weir: {}: what this costs is not entered\n", why));
}

std::vector<std::string> budgets_that_warn(const budgets& all) {
  std::vector<std::string> names;
  for (const auto& rule : all.rules())
    if (rule.at_limit() == budget::policy::warn)
      names.push_back(rule.name());
  return names;
}

// What nobody would be told otherwise: a limit that only warns, and costs that a ceiling does not hold. A refusal tells
// itself.
void tell_warning(const std::vector<std::string>& warning, const budget_event& e) {
  const auto name = fmt::format("budget '{}'{}", one_line(e.state.budget),
                                e.state.group.empty() ? std::string() : " (" + one_line(e.state.group) + ")");
  if (e.what == budget_event::kind::other_currency)
    tell_apart(stderr, fmt::format("{}: costs in {} are not counted, its ceiling is in {}\n", name,
                                   one_line(e.currency), one_line(e.state.currency)));
  else if (e.what == budget_event::kind::limit && e.share >= 1 &&
           std::find(warning.begin(), warning.end(), e.state.budget) != warning.end())
    tell_apart(stderr, name + " is used up\n");
}

std::string own_ledger() {
  auto path = state_file("ledger.jsonl");
  if (path.empty())
    throw error(errc::invalid_configuration, "budgets need a ledger, and neither XDG_STATE_HOME nor HOME says where to "
                                             "keep one: name it with --ledger FILE");
  make_folders_of(path);
  return path;
}

bool same_file(const std::string& a, const std::string& b) {
  struct stat one{}, other{};
  return ::stat(a.c_str(), &one) == 0 && ::stat(b.c_str(), &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

bool is_readable(const std::string& path) { return !path.empty() && ::access(path.c_str(), R_OK) == 0; }

// What the configuration's own ledger says has been counted already.
std::shared_ptr<ledger_file> open(const std::string& path, options& o) {
  auto file = open_ledger(path, ledger_options().on_loss(tell_loss).gather(at_once));
  const auto counted = std::dynamic_pointer_cast<ledger_file>(o.ledger());
  if (!(counted && same_file(counted->path(), path)))
    restore_cost(o, path);
  if (o.alerts())
    tell_losses(*file, o.alerts());
  return file;
}

// Without a URL it may be what the configuration does already.
void export_to(const std::string& url, options& o) {
  for (const auto& one : o.observers())
    if (url.empty() && std::dynamic_pointer_cast<otlp_exporter>(one))
      return;
  auto to = otlp_to(url);
  if (to.service_name().empty())
    to.service_name("weir");
  o.observe(otlp_exporter::make(std::move(to)));
}

} // namespace

void tell_alert(const alert& a) { tell_apart(stderr, "weir: " + one_line(a.text()) + '\n'); }

void cost_options::add_to(CLI::App& command) {
  never_empty(command.add_option("--ledger", ledger_, "Enter what each attempt costs in FILE; none: nowhere"))
      ->type_name("FILE")
      ->group("Cost");
  repeatable(command.add_option("--prices", prices_, "A price list, beside the configuration's (repeatable)"))
      ->type_name("FILE")
      ->group("Cost");
  repeatable(command.add_option("--tag", tags_, "A label for the ledger and for budgets (repeatable)"))
      ->type_name("NAME=VALUE")
      ->group("Cost");
  never_empty(command.add_flag("--otlp", otlp_,
                               "Send traces and metrics to the OpenTelemetry collector at URL (default: "
                               "OTEL_EXPORTER_OTLP_ENDPOINT, or this machine)"))
      ->type_name("[URL]")
      ->group("Output");
}

void cost_options::read_lists(options& o) const {
  if (!prices_.empty()) {
    if (!o.prices())
      o.prices(std::make_shared<price_book>());
    for (const auto& path : prices_)
      o.prices()->add(read_prices(path));
  }
  if (ledger_ == no_ledger && o.budgets())
    throw error(errc::invalid_argument,
                "--ledger none: the budgets of the configuration count what a ledger says; with "
                "--config none there are no budgets");
}

void cost_options::look(options& o) const {
  read_lists(o);
  if (!o.budgets())
    return;
  const auto counted = std::dynamic_pointer_cast<ledger_file>(o.ledger());
  const auto usual = counted ? std::string() : state_file("ledger.jsonl");
  if (is_readable(usual))
    restore(*o.budgets(), usual);
  if (is_readable(ledger_) && !same_file(usual, ledger_) && !(counted && same_file(counted->path(), ledger_)))
    restore(*o.budgets(), ledger_);
}

void cost_options::apply(options& o) const {
  read_lists(o);
  // Of a ledger that takes the place of the usual one: what was spent there counts as well.
  if (!ledger_.empty() && o.budgets() && !o.ledger())
    if (const auto usual = state_file("ledger.jsonl"); is_readable(usual) && !same_file(usual, ledger_))
      restore_cost(o, usual);
  if (const auto file = std::dynamic_pointer_cast<ledger_file>(o.ledger())) {
    file->on_loss(tell_loss);
    file->gather(at_once);
  }
  if (o.budgets() && !o.alerts())
    o.budgets()->listen([names = budgets_that_warn(*o.budgets())](const budget_event& e) { tell_warning(names, e); });
  if (ledger_ == no_ledger)
    o.ledger(nullptr);
  else if (!ledger_.empty())
    o.ledger(open(ledger_, o));
  else if (o.budgets() && !o.ledger())
    o.ledger(open(own_ledger(), o));
  if (!otlp_.empty())
    export_to(otlp_ == no_value ? std::string() : otlp_, o);
}

call_options cost_options::call() const {
  call_options all;
  for (const auto& one : tags_) {
    auto [name, value] = split_parameter(one, "--tag", "NAME=VALUE, such as team=search");
    all.tag(std::move(name), std::move(value));
  }
  return all;
}

} // namespace weir::inline v0::cli
