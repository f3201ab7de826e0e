#include "tool/batch/job_begin.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <memory>

#include <weir/batch.hpp>

#include "batch/report/numbers.hpp"
#include "tool/batch/job_estimate.hpp"
#include "tool/batch/job_loop.hpp"
#include "tool/batch/kept_answers.hpp"
#include "tool/batch/target_check.hpp"
#include "tool/exit_code.hpp"
#include "tool/output/failure_words.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

int tell_estimate(const batch_arguments& args, const job_setting& job, bool by_batches,
                  std::chrono::system_clock::time_point now) {
  std::shared_ptr<journal> kept;
  try {
    if (is_begun(job.journal))
      kept = open_journal(job.journal, journal_options().settings(job.journal_settings));
  } catch (const error& e) {
    say(stderr, "weir: this is the whole job, whatever is answered: {}\n", one_line(describe(e.failure())));
  }
  std::uint64_t answered = 0, changed = 0;
  const auto is_open = [&](const batch_item& item) {
    const auto place = kept ? place_in(*kept, item) : item_place::open;
    answered += place == item_place::kept ? 1 : 0;
    changed += place == item_place::changed ? 1 : 0;
    return place != item_place::kept;
  };
  auto estimate = estimate_of(check_input(job.input, is_open, args.common.quiet), job.settings, now, by_batches);
  estimate.kept = answered;
  estimate.changed = args.force ? 0 : changed;
  if (kept) {
    estimate.journal = job.journal;
    estimate.submitted = unsettled_items(*kept);
  }
  print(stdout, "{}", args.common.json ? estimate.json() : estimate.text());
  return estimate.found.rejected == 0 ? exit_code::complete : exit_code::some_failed;
}

job_journal begin_job(const batch_arguments& args, job_setting& job) {
  job_journal opened;
  const bool begun = is_begun(job.journal);
  if (begun)
    opened = open_for_job(job.journal, job.journal_settings, args.force);
  target_check target(job.settings);
  std::uint64_t answered = 0;
  const auto look = [&](const batch_item& item) {
    if (opened.kept && place_in(*opened.kept, item) == item_place::kept)
      ++answered;
    else
      target.look(item);
    return true;
  };
  job.found = check_input(job.input, look, args.common.quiet);
  const auto& found = job.found;
  if (found.complete() && found.items == 0 && found.rejected != 0)
    throw error(errc::invalid_argument, "nothing here can be asked: " + found.problems.front());
  target.finish(!found.complete());
  if (!begun) {
    check_new_job(args, job);
    opened = open_for_job(job.journal, job.journal_settings, args.force);
  }
  if (found.complete())
    job.input.items(found.items + found.rejected);
  check_way(args, job, *opened.kept);
  if (args.common.quiet)
    return opened;
  if (opened.kept->cut() != 0)
    say(stderr, "weir: the last run was interrupted in the middle of a record, which is asked again\n");
  if (!opened.settings_before.empty() && answered != 0)
    say(stderr, "weir: {} keep the answers of {}; only the others are asked here (with another --journal, all are)\n",
        counted(answered, "item", "items"), target_words(opened.settings_before));
  return opened;
}

} // namespace weir::inline v0::cli
