#include "tool/batch/provider_session.hpp"

#include <utility>

#include "batch/report/provider_words.hpp"
#include "tool/batch/job_loop.hpp"
#include "tool/batch/no_sink.hpp"
#include "tool/batch/stop_words.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

provider_session::provider_session(provider_session_options o)
    : options_(std::move(o)), display_(options_.quiet, options_.status, words()) {}

job_words provider_session::words() {
  job_words w;
  w.line = [this](std::size_t columns) { return provider_line(job_->progress(), job_->at_provider(), columns); };
  w.sentence = [this] { return provider_sentence(job_->progress(), job_->at_provider()); };
  w.json = [this] { return provider_json(job_->progress(), job_->at_provider()); };
  return w;
}

std::exception_ptr provider_session::run(const weir::options& settings, const provider_batch_options& o,
                                         std::shared_ptr<journal> kept, batch_source& from) {
  no_sink to;
  job_.emplace(settings, o, std::move(kept));
  if (options_.ends_batches)
    job_->cancel();
  display_.begin();
  auto end = run_job_loop(io_, job_->run(from, to), cancel_, [this] { obey(); }, [this] { tick(); });
  display_.end();
  report_ = std::move(end.report);
  if (end.failed) {
    static_cast<batch_progress&>(report_) = job_->progress();
    report_.stopped = failure_of(end.failed).describe();
  }
  tell_why_stopped(report_, told_end_ || told_stop_, late_);
  // What it held of the journal is given back.
  job_.reset();
  io_.restart();
  io_.poll();
  return end.failed;
}

void provider_session::obey() {
  if (signals::take_report_request())
    display_.tell();
  if (signals::received() != 0 && !std::exchange(told_stop_, true)) {
    display_.say("weir: stopping now; the batches go on at the provider, and the same command fetches them");
    cancel_.emit(asio::cancellation_type::terminal);
  } else if (signals::wants_end() != 0 && !std::exchange(told_end_, true)) {
    display_.say("weir: ending; the batches go on at the provider, and the same command fetches them later");
    job_->stop();
  }
}

void provider_session::tick() {
  obey();
  if (options_.leave_at && std::chrono::system_clock::now() >= *options_.leave_at && !std::exchange(late_, true)) {
    display_.say("weir: the deadline has come; the batches go on at the provider, and the same command fetches them");
    job_->stop();
  }
  display_.tick();
}

} // namespace weir::inline v0::cli
