#include "tool/arguments/cost_options.hpp"

#include <memory>

#include <weir/cost/budget.hpp>
#include <weir/store/budget_restore.hpp>
#include <weir/store/ledger_file.hpp>
#include <weir/store/price_file.hpp>

#include "tool/arguments/help.hpp"
#include "tool/arguments/requests.hpp"
#include "tool/output/output.hpp"
#include "tool/private_files.hpp"

namespace weir::inline v0::cli {

namespace {

constexpr std::string_view no_ledger = "none";

ledger_options told_on_stderr() {
  return ledger_options().on_loss([](const std::string& why, std::uint64_t lost) {
    if (!why.empty())
      say(stderr, "weir: {}: what this costs is not entered\n", why);
    else
      say(stderr, "weir: the ledger can be written again; {} entries are lost\n", lost);
  });
}

std::string own_ledger() {
  auto path = state_file("ledger.jsonl");
  if (path.empty())
    throw error(errc::invalid_configuration, "budgets need a ledger, and neither XDG_STATE_HOME nor HOME says where to "
                                             "keep one: name it with --ledger FILE");
  make_folders_of(path);
  return path;
}

std::shared_ptr<ledger_file> open(const std::string& path, options& o) {
  auto file = open_ledger(path, told_on_stderr());
  if (o.budgets())
    restore(*o.budgets(), path);
  return file;
}

} // namespace

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
}

void cost_options::apply(options& o) const {
  if (!prices_.empty()) {
    if (!o.prices())
      o.prices(std::make_shared<price_book>());
    for (const auto& path : prices_)
      o.prices()->add(read_prices(path));
  }
  if (ledger_ == no_ledger)
    o.ledger(nullptr);
  else if (!ledger_.empty())
    o.ledger(open(ledger_, o));
  else if (o.budgets() && !o.ledger())
    o.ledger(open(own_ledger(), o));
}

call_options cost_options::call() const {
  call_options all;
  for (const auto& one : tags_) {
    auto [name, value] = split_parameter(one, "--tag");
    all.tag(std::move(name), std::move(value));
  }
  return all;
}

} // namespace weir::inline v0::cli
