// weir batch: a job from files to a file, and its parts as one.

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/batch.hpp>
#include <weir/cost/budget.hpp>

#include "batch/output/merge.hpp"
#include "batch/output/output_writer.hpp"
#include "batch/output/record.hpp"
#include "store/journal/journal_settings.hpp"
#include "tool/arguments/help.hpp"
#include "tool/batch/batch_arguments.hpp"
#include "tool/batch/batch_session.hpp"
#include "tool/batch/job_estimate.hpp"
#include "tool/commands/commands.hpp"
#include "tool/exit_code.hpp"
#include "tool/output/output.hpp"
#include "tool/session.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace fs = std::filesystem;

namespace {

bool same_file(const std::string& a, const std::string& b) {
  struct stat one{}, other{};
  return ::stat(a.c_str(), &one) == 0 && ::stat(b.c_str(), &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

void throw_if_stopped() {
  if (signals::received() != 0)
    throw error(errc::cancelled, "the output is not written; the journal has everything");
}

// Before a cent is spent: places that the job would destroy, or cannot write.
void check_places(const batch_arguments& args, const std::string& journal) {
  for (const auto& in : args.inputs)
    for (const auto& place : {args.output, args.failures, journal})
      if (in != "-" && (in == place || same_file(in, place)))
        throw error(errc::invalid_argument,
                    fmt::format("{} is an input and would be overwritten: name another file", place));
  if (args.output == journal)
    throw error(errc::invalid_argument, "the output and the journal cannot be the same file");
  std::error_code ignored;
  if (args.output != "-" && fs::is_regular_file(args.output, ignored) && fs::file_size(args.output, ignored) != 0 &&
      !fs::exists(journal, ignored) && !args.force)
    throw error(errc::invalid_argument, fmt::format("{} exists, and is not of this job, which has no journal yet ({}): "
                                                    "name another file, or replace it with --force",
                                                    args.output, journal));
  if (!args.output.empty())
    check_output(args.output);
  if (!args.failures.empty())
    check_output(args.failures);
}

// What earlier runs have spent, as far as their results say.
std::map<std::string, money> spent_before(const journal& kept) {
  std::map<std::string, money> sum;
  kept.scan([&sum](const journal_record& r, std::uint64_t, bool) {
    throw_if_stopped();
    if (!is_result(r.kind))
      return;
    if (const auto result = read_result(r); result.cost)
      sum[result.currency] += *result.cost;
  });
  return sum;
}

// Beside the budgets of the configuration, with what those have counted already.
std::shared_ptr<budgets> with_ceiling(const std::shared_ptr<budgets>& others, const money& most,
                                      const std::map<std::string, money>& before) {
  const auto now = std::chrono::system_clock::now();
  auto rules = others ? others->rules() : std::vector<budget>();
  rules.push_back(budget("--max-cost").max_cost(most).per_month().rolling().soft(0).unpriced(budget::policy::refuse));
  budgets ceiling({rules.back()});
  for (const auto& [currency, amount] : before)
    ceiling.record(spend_subject(), amount, 0, now, now, currency);
  auto all = std::make_shared<budgets>(std::move(rules));
  if (others)
    all->load(others->save(now), now);
  all->load(ceiling.save(now), now);
  return all;
}

weir::options options_of(const batch_arguments& args, const concurrency_choice& calls) {
  auto loaded = args.common.read();
  auto& o = loaded.settings;
  if (args.common.verbose) {
    for (const auto& file : args.common.config_files())
      say(stderr, "settings from {}\n", file);
    tell_unset_keys(loaded);
  }
  args.common.cache.apply(o);
  o.max_connections(std::max(o.max_connections(), calls.in_flight));
  o.max_waiting(std::max(o.max_waiting(), calls.in_flight));
  if (calls.adaptive)
    o.concurrency(weir::concurrency().adaptive(true));
  return std::move(o);
}

int code_at_end(const batch_report& r, const std::exception_ptr& failed, bool late) {
  if (const int ended_by = signals::received() != 0 ? signals::received() : signals::wants_end())
    return 128 + ended_by;
  if (failed)
    return code_of(failure_of(failed));
  if (late && !r.complete())
    return exit_code::deadline;
  if (!r.complete())
    return r.stopped.find("budget") != std::string::npos ? exit_code::over_budget : exit_code::some_failed;
  return r.failed() == 0 ? exit_code::complete : exit_code::some_failed;
}

int run_job(const batch_arguments& args) {
  const auto journal_path = args.dry_run && args.output.empty() ? std::string() : args.journal_path();
  const auto calls = args.concurrency();
  auto in = args.input();
  const auto out = args.output_options();
  const auto most = args.max_cost();
  const auto now = std::chrono::system_clock::now();
  auto settings = options_of(args, calls);
  if (!args.dry_run)
    check_places(args, journal_path);
  signals::watch();
  signals::finish_first();
  signals::report_on_request();

  batch_session_options o;
  o.quiet = args.common.quiet;
  o.status = args.status;
  o.in_flight = calls.in_flight;
  o.deadline = args.deadline(now);
  const auto prices = settings.prices();
  const auto settings_text = args.settings(settings);

  std::shared_ptr<journal> kept;
  if (!args.dry_run) {
    kept = open_journal(journal_path, journal_options().settings(settings_text).force(args.force));
    if (kept->cut() != 0 && !args.common.quiet)
      say(stderr, "weir: the last run was interrupted in the middle of a record, which is asked again\n");
    if (most)
      settings.budgets(with_ceiling(settings.budgets(), *most, spent_before(*kept)));
  }
  const auto estimate_options = settings;
  batch_session session(std::move(settings), std::move(o));
  const auto found = session.check(in);
  if (args.dry_run) {
    print(stdout, "{}", job_estimate(found, estimate_options, 0, now));
    return found.rejected == 0 ? exit_code::complete : exit_code::some_failed;
  }
  if (found.complete())
    in.items(found.items + found.rejected);
  const auto from = open_batch_input(in);
  const auto failed = session.run(batch_options()
                                      .in_flight(calls.in_flight)
                                      .journal(kept)
                                      .replay(false)
                                      .force(args.force)
                                      .rounds(args.rounds)
                                      .dedupe(args.dedupe)
                                      .prices(prices)
                                      .schema(args.schema()),
                                  *from);
  if (failed)
    report(failed);
  int code = code_at_end(session.report(), failed, session.was_late());
  auto writing = out;
  writing.check(throw_if_stopped);
  try {
    write_batch_output(*kept, args.output, writing);
  } catch (const std::exception&) {
    const int unwritten = report(std::current_exception());
    code = code == exit_code::complete || code == exit_code::some_failed ? unwritten : code;
  }
  const auto where = report_places()
                         .output(args.output == "-" ? std::string() : args.output)
                         .failures(args.failures)
                         .journal(journal_path)
                         .asks_failures_again(true);
  if (!args.common.quiet)
    say(stderr, "{}", report_text(session.report(), where));
  if (code == exit_code::some_failed && session.report().complete())
    say(stderr, "weir: {} of {} items have no complete answer\n", session.report().failed(), session.report().done);
  else if (!failed && !session.report().complete() && signals::wants_end() == 0 && !session.was_late())
    say(stderr, "weir: {}\n", one_line(session.report().stopped));
  if (args.common.json)
    print(stdout, "{}\n", report_json(session.report(), where));
  return code;
}

// `out.jsonl` stands for its journal.
std::string journal_of(const std::string& given) {
  std::error_code ignored;
  if (!given.ends_with(".journal") && fs::exists(given + ".journal", ignored))
    return given + ".journal";
  return given;
}

int merge(const std::vector<std::string>& parts, const batch_arguments& args) {
  const auto path = args.journal_path();
  signals::watch();
  std::vector<std::unique_ptr<journal>> opened;
  std::vector<const journal*> from;
  std::string settings;
  for (const auto& part : parts) {
    const auto file = journal_of(part);
    settings = read_journal_settings(file);
    opened.push_back(open_journal(file, journal_options().settings(settings)));
    from.push_back(opened.back().get());
  }
  const auto into = open_journal(path, journal_options().settings(settings).force(true));
  const auto ids = merge_journals(from, *into, throw_if_stopped);
  auto out = args.output_options();
  out.check(throw_if_stopped);
  const auto written = write_batch_output(*into, args.output, out);
  if (!args.common.quiet)
    say(stderr, "{} items of {} parts are in {}, {} of them without an answer; {} has them all for another run\n", ids,
        parts.size(), args.output, written.failures, path);
  return written.failures == 0 ? exit_code::complete : exit_code::some_failed;
}

} // namespace

void add_batch(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("batch", "Ask every row of a file, and resume when run again");
  auto args = std::make_shared<batch_arguments>();
  args->add_to(*command);
  command->require_subcommand(0, 1);
  command->footer(
      "Results are kept in FILE.journal as they come; run the same command again to go on after anything:\n"
      "Ctrl-C (once: finish what is in flight, twice: stop), a crash, a budget. Nothing is asked twice.\n"
      "SIGUSR1 prints how far it is. weir batch merge joins the parts of --split.\n\n"
      "Examples:\n"
      "  weir batch tickets.csv --template 'Summarise: {{text}}' -m openai/gpt-oss-20b -o out.csv\n"
      "  weir batch requests.jsonl -o answers.jsonl --concurrency auto --max-cost 5 --prices prices.json\n"
      "  weir batch rows.jsonl.gz --template @prompt.txt --select label=.json.label -o labels.csv --dry-run");
  auto parts = std::make_shared<std::vector<std::string>>();
  auto joined = std::make_shared<batch_arguments>();
  auto* join = command->add_subcommand("merge", "Join the parts of a job that was run with --split");
  join->add_option("PART", *parts, "The outputs of the parts, or their journals")->required();
  joined->add_output_to(*join);
  join->callback([parts, joined, &code] { code = merge(*parts, *joined); });
  command->callback([command, args, &code] {
    if (command->get_subcommands().empty())
      code = run_job(*args);
  });
}

} // namespace weir::inline v0::cli
