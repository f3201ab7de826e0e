// weir batch: a job from files to a file, and its parts as one.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/batch.hpp>

#include "batch/report/words.hpp"
#include "tool/arguments/help.hpp"
#include "tool/batch/batch_arguments.hpp"
#include "tool/batch/batch_places.hpp"
#include "tool/batch/input_rows.hpp"
#include "tool/batch/job_begin.hpp"
#include "tool/batch/job_display.hpp"
#include "tool/batch/job_ways.hpp"
#include "tool/batch/kept_answers.hpp"
#include "tool/batch/merge_parts.hpp"
#include "tool/batch/stop_words.hpp"
#include "tool/commands/commands.hpp"
#include "tool/exit_code.hpp"
#include "tool/output/output.hpp"
#include "tool/session.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace {

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
int tell_unwritten(const std::exception_ptr& why, const std::string& output) {
  const auto f = failure_of(why);
  if (was_left_by_reader(f, output))
    return exit_code::reader_left;
  if (f.code() != errc::cancelled)
    return report(why);
  say(stderr, "weir: {}\n", f.message());
  return exit_code::interrupted;
}

// What earlier runs have spent; nothing if that cannot be read, or a signal does not leave the time.
report_places::amounts spent_in(const journal& kept, std::uint64_t begun_at) {
  try {
    return spent_before(kept, begun_at, throw_if_output_is_stopped);
  } catch (const error&) {
    return {};
  }
}

int run_job(const batch_arguments& args) {
  const auto calls = args.concurrency();
  auto in = args.input();
  const auto journal_path = args.dry_run ? args.named_journal() : args.journal_path();
  const auto out = args.output_options();
  (void)args.by_provider();
  const bool by_batches = args.via() && args.via() != job_way::live;
  if (by_batches)
    args.check_batches();
  const auto now = std::chrono::system_clock::now();
  job_setting job(options_of(args, calls));
  if (!args.dry_run)
    check_places(args.places(journal_path));
  signals::watch();
  signals::finish_first();
  signals::report_on_request();
  job.input = std::move(in);
  job.calls = calls;
  job.deadline = args.deadline(now);
  job.journal = journal_path;
  job.journal_settings = args.settings(job.settings);
  if (args.dry_run)
    return tell_estimate(args, job, by_batches, now);
  if (args.max_cost() && !job.settings.prices())
    throw error(errc::invalid_argument, "--max-cost needs prices: --prices FILE names a price list");

  auto opened = begin_job(args, job);
  const bool resumed = opened.kept->resumed();
  const auto begun_at = opened.kept->begun_at();
  const auto end = run_ways(args, job, std::move(opened.kept));
  int code = code_at_end(end);
  auto writing = out;
  writing.check(throw_if_output_is_stopped);
  input_rows rows(job.input, throw_if_output_is_stopped);
  if (job.found.complete())
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
                         .spent_before(resumed ? spent_in(*end.kept, begun_at) : report_places::amounts())
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
    const int why = tell_unwritten(unwritten, args.output);
    code = code == exit_code::complete || code == exit_code::some_failed ? why : code;
  }
  // Only now: who waits for the end finds the output.
  if (!args.status.empty())
    write_status(args.status, report_json(result, where));
  if (args.common.json)
    print(stdout, "{}\n", report_json(result, where));
  return code;
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
  join->callback([parts, joined, &code] { code = merge_parts(*parts, *joined); });
  command->callback([command, args, &code] {
    if (command->get_subcommands().empty())
      code = run_job(*args);
  });
}

} // namespace weir::inline v0::cli
