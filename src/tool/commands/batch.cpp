// weir batch: a job from files to a file, and its parts as one.

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/batch.hpp>

#include "batch/output/merge.hpp"
#include "batch/output/record.hpp"
#include "batch/report/words.hpp"
#include "store/journal/journal_settings.hpp"
#include "tool/arguments/help.hpp"
#include "tool/batch/batch_arguments.hpp"
#include "tool/batch/batch_places.hpp"
#include "tool/batch/input_rows.hpp"
#include "tool/batch/job_estimate.hpp"
#include "tool/batch/job_loop.hpp"
#include "tool/batch/job_ways.hpp"
#include "tool/commands/commands.hpp"
#include "tool/exit_code.hpp"
#include "tool/output/output.hpp"
#include "tool/session.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace fs = std::filesystem;

namespace {

void throw_if_stopped() {
  if (signals::received() != 0)
    throw error(errc::cancelled, "the output is not written; the journal has every answer for the next run");
}

batch_places places_of(const batch_arguments& args, const std::string& journal) {
  batch_places p;
  p.inputs = args.inputs;
  p.output = args.output;
  p.failures = args.failures;
  p.journal = journal;
  p.status = args.status;
  p.files = args.files;
  p.replace = args.force;
  return p;
}

// Whether the journal's target has answered nothing, and holds nothing: such a job may get another one.
bool has_no_answers(const std::string& path, const std::string& settings) {
  const auto own = read_journal_settings(path);
  if (own == settings)
    return false;
  const auto kept = open_journal(path, journal_options().settings(own));
  return kept->count(record_kind(outcome::complete)) + kept->count(record_kind(outcome::length)) +
                 kept->count(record_kind(outcome::filtered)) ==
             0 &&
         unsettled_items(*kept) == 0;
}

std::shared_ptr<journal> open_for_job(const std::string& path, const std::string& settings, bool force) {
  const auto open = [&](bool forced) {
    return std::shared_ptr(open_journal(path, journal_options().settings(settings).force(forced)));
  };
  try {
    return open(force);
  } catch (const error& e) {
    if (e.code() != make_error_code(errc::invalid_configuration) || !has_no_answers(path, settings))
      throw;
  }
  return open(true);
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

int code_at_end(const job_outcome& end) {
  const auto& r = end.report;
  if (const int ended_by = signals::received() != 0 ? signals::received() : signals::wants_end())
    return 128 + ended_by;
  if (end.failed)
    return code_of(failure_of(end.failed));
  if (end.late && !r.complete())
    return exit_code::deadline;
  if (!r.complete() && r.stopped.find("budget '") != std::string::npos)
    return exit_code::over_budget;
  if (!r.complete())
    return end.last_failure ? code_of(end.last_failure) : exit_code::some_failed;
  return r.failed() == 0 ? exit_code::complete : exit_code::some_failed;
}

// A signal's name would not say that there is no output.
int tell_unwritten(const std::exception_ptr& why) {
  const auto f = failure_of(why);
  if (f.code() != errc::cancelled)
    return report(why);
  say(stderr, "weir: {}\n", f.message());
  return exit_code::interrupted;
}

int run_job(const batch_arguments& args) {
  const auto calls = args.concurrency();
  auto in = args.input();
  const auto journal_path = args.dry_run && args.output.empty() ? std::string() : args.journal_path();
  const auto out = args.output_options();
  (void)args.by_provider();
  const bool by_batches = args.via() && args.via() != job_way::live;
  if (by_batches)
    args.check_batches();
  const auto now = std::chrono::system_clock::now();
  job_setting job(options_of(args, calls));
  if (!args.dry_run)
    check_places(places_of(args, journal_path));
  signals::watch();
  signals::finish_first();
  signals::report_on_request();
  job.calls = calls;
  job.deadline = args.deadline(now);
  job.journal = journal_path;
  job.journal_settings = args.settings(job.settings);

  if (args.max_cost() && !job.settings.prices() && !args.dry_run)
    throw error(errc::invalid_argument, "--max-cost needs prices: --prices FILE names a price list");

  std::shared_ptr<journal> kept;
  if (!args.dry_run) {
    kept = open_for_job(journal_path, job.journal_settings, args.force);
    if (kept->cut() != 0 && !args.common.quiet)
      say(stderr, "weir: the last run was interrupted in the middle of a record, which is asked again\n");
  }
  job.found = check_input(in, args.common.quiet);
  if (args.dry_run) {
    const auto estimate = estimate_of(job.found, job.settings, now, by_batches);
    print(stdout, "{}", args.common.json ? estimate.json() : estimate.text());
    return job.found.rejected == 0 ? exit_code::complete : exit_code::some_failed;
  }
  const auto& found = job.found;
  if (found.complete()) {
    if (found.items == 0 && found.rejected != 0)
      throw error(errc::invalid_argument, "nothing here can be asked: " + found.problems.front());
    in.items(found.items + found.rejected);
  }
  job.input = in;
  check_way(args, job, *kept);
  const auto end = run_ways(args, job, std::move(kept));
  int code = code_at_end(end);
  auto writing = out;
  writing.check(throw_if_stopped);
  input_rows rows(in, throw_if_stopped);
  if (found.complete())
    writing.row([&rows](const batch_result& r) { return rows.row_of(r.id); });
  std::exception_ptr unwritten;
  try {
    write_batch_output(*end.kept, args.output, writing);
  } catch (const std::exception&) {
    unwritten = std::current_exception();
  }
  // What a signal or the deadline ends was told then.
  const bool told = signals::wants_end() != 0 || end.late;
  const auto where = report_places()
                         .says_why(told)
                         .output(unwritten || args.output == "-" ? std::string() : args.output)
                         .failures(unwritten ? std::string() : args.failures)
                         .journal(journal_path)
                         .asks_failures_again(true)
                         .can_continue(!end.failed || failure_of(end.failed).code() != errc::invalid_argument);
  const auto& result = end.report;
  if (!args.common.quiet)
    say(stderr, "{}", report_text(result, where));
  if (code == exit_code::some_failed && result.complete())
    say(stderr, "weir: {} of {} items have no complete answer\n", result.failed(), result.done);
  else if (!result.complete() && !told)
    say(stderr, "weir: {}\n", one_line(result.stopped));
  // Last, where it is seen.
  if (unwritten) {
    const int why = tell_unwritten(unwritten);
    code = code == exit_code::complete || code == exit_code::some_failed ? why : code;
  }
  if (args.common.json)
    print(stdout, "{}\n", report_json(result, where));
  return code;
}

// `out.jsonl` stands for its journal.
std::string journal_of(const std::string& given) {
  std::error_code ignored;
  if (!given.ends_with(".journal") && fs::exists(given + ".journal", ignored))
    return given + ".journal";
  if (!fs::exists(given, ignored))
    throw error(errc::invalid_argument, fmt::format("{} is no part of a job: there is no {}{}", given, given,
                                                    given.ends_with(".journal") ? "" : ".journal"));
  return given;
}

// A part's journal is named by its output, which is none itself.
std::string settings_of(const std::string& file) {
  try {
    return read_journal_settings(file);
  } catch (const error& e) {
    if (e.failure().message().find("is no journal") == std::string::npos)
      throw;
  }
  throw error(errc::invalid_argument,
              fmt::format("{} is no part of a job: it is no journal, and there is no {}.journal", file, file));
}

int merge(const std::vector<std::string>& parts, const batch_arguments& args) {
  const auto path = args.journal_path();
  auto places = places_of(args, path);
  for (const auto& part : parts) {
    const auto file = journal_of(part);
    for (std::size_t i = 0; i < places.inputs.size(); i += 2)
      if (is_same_file(places.inputs[i], file))
        throw error(errc::invalid_argument, fmt::format("{} is named twice", part));
    places.inputs.insert(places.inputs.end(), {file, part});
  }
  check_places(places);
  signals::watch();
  std::vector<std::unique_ptr<journal>> opened;
  std::vector<const journal*> from;
  std::string settings;
  for (std::size_t i = 0; i < places.inputs.size(); i += 2) {
    const auto& file = places.inputs[i];
    settings = settings_of(file);
    opened.push_back(open_journal(file, journal_options().settings(settings)));
    from.push_back(opened.back().get());
    if (const auto open = unsettled_items(*from.back()); open != 0)
      throw error(errc::invalid_argument,
                  fmt::format("{} items of {} are in batches at the provider: run this part to its end first", open,
                              places.inputs[i + 1]));
  }
  const auto into = open_journal(path, journal_options().settings(settings).force(true));
  merge_journals(from, *into, throw_if_stopped);
  auto out = args.output_options();
  out.check(throw_if_stopped);
  const auto written = write_batch_output(*into, args.output, out);
  if (!args.common.quiet)
    say(stderr, "{} items of {} parts are in {}; {} has them all for another run\n", written.items, parts.size(),
        args.output == "-" ? "the output" : args.output, path);
  if (written.failures != 0)
    say(stderr, "weir: {} items have no complete answer\n", written.failures);
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
      "SIGUSR1 prints how far it is. weir batch merge joins the parts of --split.\n"
      "With --via provider the first Ctrl-C leaves the batches at the provider, and the next run fetches them.\n\n"
      "Examples:\n"
      "  weir batch tickets.csv --template 'Summarise: {{text}}' -m openai/gpt-oss-20b -o out.csv\n"
      "  weir batch requests.jsonl -o answers.jsonl --concurrency auto --max-cost 5 --prices prices.json\n"
      "  weir batch rows.jsonl.gz --template @prompt.txt --select label=.json.label -o labels.csv --dry-run");
  auto parts = std::make_shared<std::vector<std::string>>();
  auto joined = std::make_shared<batch_arguments>();
  auto* join = command->add_subcommand("merge", "Join the parts of a job that was run with --split");
  join->add_option("PART", *parts, "The outputs of the parts, or their journals")->required();
  joined->add_output_to(*join);
  join->add_flag("-q,--quiet", joined->common.quiet, "Say nothing where all is well");
  join->add_flag("--force", joined->force, "Replace an output of others")->group("Results");
  join->footer("Parts may be merged again after they were run again: an answer takes the place of a failure.\n\n"
               "Example:\n"
               "  weir batch merge part-1.csv part-2.csv part-3.csv -o all.csv");
  join->callback([parts, joined, &code] { code = merge(*parts, *joined); });
  command->callback([command, args, &code] {
    if (command->get_subcommands().empty())
      code = run_job(*args);
  });
}

} // namespace weir::inline v0::cli
