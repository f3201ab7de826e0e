#include "tool/batch/job_ways.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include <weir/cost/budget.hpp>

#include "batch/provider/dialect.hpp"
#include "client/direct/direct_http.hpp"
#include "tool/batch/batch_session.hpp"
#include "tool/batch/kept_answers.hpp"
#include "tool/batch/provider_session.hpp"
#include "tool/output/output.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace {

// What a live call may take, as long as none was measured, and how many there are at once where it is not said.
constexpr double usual_call_s = 5;
constexpr std::size_t usual_calls = 64;

constexpr auto all_of_it = std::numeric_limits<std::uint64_t>::max();

void throw_if_stopped() {
  if (signals::received() != 0)
    throw error(errc::cancelled, "nothing was sent");
}

bool is_ending() { return signals::received() != 0 || signals::wants_end() != 0; }

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

void refuse_models(const job_setting& job) {
  std::set<std::string> models;
  for (const auto& [model, n] : job.found.models)
    models.insert(model.empty() ? job.settings.model() : model);
  if (models.size() < 2)
    return;
  throw error(errc::invalid_argument,
              fmt::format("the input is for {} models, such as {} and {}, and a job by batches is for one: --via auto "
                          "asks the others live, or run them one after the other",
                          models.size(), one_line(*models.begin()), one_line(*std::next(models.begin()))));
}

bool has_unsupported(const batch_report& r) {
  return std::any_of(r.failures.begin(), r.failures.end(),
                     [](const batch_failure_kind& k) { return k.code == name_of(errc::unsupported); });
}

// The batch API that a job would go to. \throws weir::error if there is none.
void find_batch_api(const batch_arguments& args, const job_setting& job) {
  const auto how = args.by_provider();
  boost::asio::io_context io(1);
  direct_http http(job.settings);
  std::exception_ptr failed;
  boost::asio::co_spawn(io, http.chat_route(job.found.models.begin()->first),
                        [&](std::exception_ptr e, const provider::route& to) {
                          try {
                            if (e)
                              std::rethrow_exception(e);
                            static_cast<void>(vendor_batch::make_dialect(to, how.api(), how.account()));
                          } catch (...) {
                            failed = std::current_exception();
                          }
                        });
  io.run();
  if (failed)
    std::rethrow_exception(failed);
}

job_outcome run_batches(const batch_arguments& args, const job_setting& job, std::shared_ptr<journal> kept) {
  const bool by_deadline = args.via() == job_way::automatic;
  auto how = args.by_provider();
  provider_session_options o;
  o.quiet = args.common.quiet;
  o.status = args.status;
  o.ends_batches = args.via() == job_way::live;
  if (!by_deadline && !o.ends_batches)
    o.leave_at = job.deadline;
  if (by_deadline && job.deadline)
    how.deadline(*job.deadline)
        .live_rate(static_cast<double>(std::min(job.calls.in_flight, usual_calls)) / usual_call_s);
  provider_session session(std::move(o));
  const auto from = open_batch_input(job.input);
  job_outcome out;
  out.failed = session.run(job.settings, how, kept, *from);
  out.kept = std::move(kept);
  out.report = session.report();
  out.late = session.was_late();
  return out;
}

// Whether what the batches have left is to be asked live, and the words why.
bool goes_on_live(const batch_arguments& args, const job_outcome& so_far, std::string& why) {
  if (is_ending() || args.via() == job_way::provider)
    return false;
  if (so_far.failed) {
    const auto f = failure_of(so_far.failed);
    why = f.describe() + ": asking live";
    return args.via() == job_way::automatic && f.code() == errc::unsupported && so_far.report.done == 0;
  }
  if (!so_far.report.complete()) {
    why = args.via() == job_way::live ? "The batches are ended: the rest is asked live"
                                      : "The deadline is near: what the batches have left is asked live";
    return true;
  }
  why = "What no batch takes is asked live";
  return args.via() == job_way::live || has_unsupported(so_far.report);
}

job_outcome run_live(const batch_arguments& args, const job_setting& job, std::shared_ptr<journal> kept) {
  auto settings = job.settings;
  if (const auto most = args.max_cost())
    settings.budgets(with_ceiling(settings.budgets(), *most, spent_before(*kept, all_of_it, throw_if_stopped)));
  batch_session_options o;
  o.quiet = args.common.quiet;
  o.status = args.status;
  o.in_flight = job.calls.in_flight;
  o.deadline = job.deadline;
  const auto prices = settings.prices();
  batch_session session(std::move(settings), std::move(o));
  const auto from = open_batch_input(job.input);
  job_outcome out;
  out.failed = session.run(batch_options()
                               .in_flight(job.calls.in_flight)
                               .journal(kept)
                               .replay(false)
                               .force(args.force)
                               .rounds(args.rounds)
                               .longest_outage(args.max_outage())
                               .dedupe(args.dedupe)
                               .prices(prices)
                               .files(args.files)
                               .schema(args.schema()),
                           *from);
  out.kept = std::move(kept);
  out.report = session.report();
  out.late = session.was_late();
  out.last_failure = session.last_failure();
  return out;
}

} // namespace

void check_new_job(const batch_arguments& args, const job_setting& job) {
  const auto way = args.via().value_or(job_way::live);
  if (way == job_way::live)
    return;
  if (way == job_way::provider)
    refuse_models(job);
  if (job.found.models.empty())
    return;
  try {
    find_batch_api(args, job);
  } catch (const error& e) {
    if (way != job_way::automatic || e.code() != errc::unsupported)
      throw;
  }
}

void check_way(const batch_arguments& args, const job_setting& job, const journal& kept) {
  const auto open = unsettled_items(kept);
  if (!args.via() && open != 0)
    throw error(errc::invalid_argument,
                fmt::format("{} items of this job are in batches at the provider: --via provider goes on with them; "
                            "--via live ends the batches, and asks what they have not answered",
                            open));
  if (!args.via() || (args.via() == job_way::live && open == 0))
    return;
  if (args.via() == job_way::provider)
    refuse_models(job);
  else if (!job.found.complete())
    throw error(errc::invalid_argument,
                fmt::format("{} can be read once only, and what the batches leave is asked live: put it into a file",
                            one_line(job.found.unread.front())));
}

job_outcome run_ways(const batch_arguments& args, const job_setting& job, std::shared_ptr<journal> kept) {
  const auto way = args.via().value_or(job_way::live);
  if (way == job_way::live && unsettled_items(*kept) == 0)
    return run_live(args, job, std::move(kept));
  auto batches = run_batches(args, job, std::move(kept));
  std::string why;
  if (!goes_on_live(args, batches, why))
    return batches;
  if (!args.common.quiet)
    say(stderr, "{}\n", one_line(why));
  // What the batches have answered is then of an earlier run.
  batches.kept.reset();
  auto live = run_live(args, job,
                       open_journal(job.journal, journal_options().settings(job.journal_settings).force(args.force)));
  live.report = joined(batches.report, live.report);
  return live;
}

batch_report joined(const batch_report& batches, const batch_report& live) {
  auto all = live;
  const auto answers = [](const batch_report& r) {
    const auto of = [&r](outcome o) { return r.outcomes[static_cast<std::size_t>(o)]; };
    return of(outcome::complete) + of(outcome::length) + of(outcome::filtered);
  };
  const auto own = answers(batches) - std::min(batches.restored, answers(batches));
  all.restored -= std::min(own, all.restored);
  all.calls += batches.calls;
  all.attempts += batches.attempts;
  all.input_tokens += batches.input_tokens;
  all.cached_tokens += batches.cached_tokens;
  all.output_tokens += batches.output_tokens;
  for (const auto& [currency, amount] : batches.cost)
    all.cost[currency] += amount;
  all.unpriced += batches.unpriced;
  all.cost_estimated = all.cost_estimated || batches.cost_estimated;
  all.elapsed += batches.elapsed;
  return all;
}

} // namespace weir::inline v0::cli
