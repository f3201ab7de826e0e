#include <weir/batch/provider_batch.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <deque>
#include <mutex>
#include <utility>

#include <weir/client/options.hpp>
#include <weir/core/as_result.hpp>
#include <weir/core/backoff.hpp>
#include <weir/core/executor.hpp>
#include <weir/core/group.hpp>
#include <weir/store/journal.hpp>

#include "batch/output/record.hpp"
#include "batch/provider/deadline_rule.hpp"
#include "batch/provider/job_host.hpp"
#include "batch/provider/provider_run.hpp"
#include "client/direct/direct_http.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;
using namespace vendor_batch;

namespace {

constexpr duration look_interval = std::chrono::milliseconds(250);
// Items that are read ahead in order to find out the model.
constexpr std::size_t most_ahead = 1000;

// A source whose first items have been read, for the model of the job.
class peeked_source final : public batch_source {
public:
  /// `usual`: the model of items without one.
  peeked_source(batch_source& from, std::string usual) : from_(from), usual_(std::move(usual)) {}

  /// \returns whether there is an item at all.
  asio::awaitable<bool> look() {
    while (ahead_.size() < most_ahead) {
      auto item = co_await from_.next();
      if (!item)
        break;
      ahead_.push_back(std::move(*item));
      const auto* ask = std::get_if<chat>(&ahead_.back().request());
      if (ask && !ahead_.back().rejection()) {
        model_ = ask->model();
        break;
      }
    }
    co_return !ahead_.empty();
  }
  /// That of the first chat; empty: the usual one.
  const std::string& model() const noexcept { return model_; }

  asio::awaitable<std::optional<batch_item>> next() override {
    std::optional<batch_item> item;
    if (ahead_.empty()) {
      item = co_await from_.next();
    } else {
      item.emplace(std::move(ahead_.front()));
      ahead_.pop_front();
    }
    if (item)
      name_model(*item);
    co_return item;
  }
  std::optional<std::uint64_t> size() const override { return from_.size(); }

private:
  // An item without a model is for the usual one, also in a job that is for another one.
  void name_model(batch_item& item) const {
    auto* ask = std::get_if<chat>(&item.request());
    if (model_.empty() || model_ == usual_ || item.rejection() || !ask || !ask->model().empty())
      return;
    if (item.fingerprint() == 0)
      item.fingerprint(batch_fingerprint(item.request()));
    ask->model(usual_.empty() ? "(none)" : usual_);
  }

  batch_source& from_;
  const std::string usual_;
  std::string model_;
  std::deque<batch_item> ahead_;
};

std::uint64_t answered_in(const journal& kept) {
  return kept.count(record_kind(outcome::complete)) + kept.count(record_kind(outcome::length)) +
         kept.count(record_kind(outcome::filtered));
}

} // namespace

class provider_batch::state {
public:
  enum class wish : std::uint8_t { none, drain, cancel, stop };

  state(weir::options settings, provider_batch_options o, std::shared_ptr<journal> kept)
      : settings_(std::move(settings)), options_(std::move(o)), journal_(std::move(kept)),
        http_(std::make_shared<direct_http>(settings_)) {
    if (!journal_)
      throw error(errc::invalid_argument, "a job by a provider's batches needs a journal, which tells them apart");
  }

  static asio::awaitable<batch_report> run(std::shared_ptr<state> self, batch_source& from, batch_sink& to);

  void want(wish w) noexcept {
    const std::lock_guard lock(mutex_);
    wish_ = std::max(wish_, w);
  }
  batch_progress progress() const {
    const std::lock_guard lock(mutex_);
    return progress_;
  }
  provider_progress at_provider() const {
    const std::lock_guard lock(mutex_);
    return at_provider_;
  }

private:
  static asio::awaitable<void> watch(std::shared_ptr<state> self);
  void obey();
  void look_at_deadline(wall_point now);
  void publish(time_point now, wall_point wall);
  bool must_be_live(wall_point now);
  std::string why_stopped() const;

  const weir::options settings_;
  const provider_batch_options options_;
  const std::shared_ptr<journal> journal_;
  const std::shared_ptr<direct_http> http_;

  // The strand's.
  std::optional<job_host> host_;
  std::optional<provider_run> run_;
  std::uint64_t answered_before_ = 0;
  wall_point next_decision_{};
  bool late_ = false;

  mutable std::mutex mutex_; ///< Of what follows, which other threads see.
  wish wish_ = wish::none;
  bool began_ = false;
  batch_progress progress_;
  provider_progress at_provider_;
};

bool provider_batch::state::must_be_live(wall_point now) {
  if (!options_.deadline() || late_ || now < next_decision_)
    return false;
  const auto p = host_->tally().progress({});
  const auto& total = p.total;
  const auto done = answered_before_ + p.done - p.restored;
  deadline_question q;
  q.now = now;
  q.deadline = *options_.deadline();
  q.items_left = total ? (*total > done ? *total - done : 0) : run_->open();
  q.live_rate = options_.live_rate();
  run_->tell(q);
  const auto a = decide(q);
  next_decision_ = a.again_at;
  return a.live;
}

void provider_batch::state::obey() {
  wish w;
  {
    const std::lock_guard lock(mutex_);
    w = wish_;
  }
  if (w == wish::drain)
    run_->drain();
  else if (w == wish::cancel)
    run_->cancel();
  else if (w == wish::stop)
    run_->leave();
}

void provider_batch::state::look_at_deadline(wall_point now) {
  if (!must_be_live(now))
    return;
  late_ = true;
  run_->cancel();
}

void provider_batch::state::publish(time_point now, wall_point wall) {
  auto p = host_->tally().progress(now);
  p.in_flight = run_->open();
  p.left.reset();
  auto at = run_->progress(wall);
  const std::lock_guard lock(mutex_);
  progress_ = std::move(p);
  at_provider_ = std::move(at);
}

asio::awaitable<void> provider_batch::state::watch(std::shared_ptr<state> self) {
  const auto& time = time_of(co_await asio::this_coro::executor);
  for (;;) {
    self->publish(time.now(), time.wall());
    co_await sleep_for(look_interval);
    self->obey();
    self->look_at_deadline(time.wall());
  }
}

std::string provider_batch::state::why_stopped() const {
  if (run_->is_complete())
    return {};
  const std::lock_guard lock(mutex_);
  if (wish_ == wish::stop)
    return "it was stopped; its batches go on at the provider";
  if (late_)
    return "the deadline is near: what the batches have left open is for live calls";
  return wish_ == wish::cancel ? "its batches were ended early" : "it was told to end";
}

asio::awaitable<batch_report> provider_batch::state::run(std::shared_ptr<state> self, batch_source& from,
                                                         batch_sink& to) {
  auto& j = *self;
  const auto ex = co_await asio::this_coro::executor;
  const auto& time = time_of(ex);
  {
    const std::lock_guard lock(j.mutex_);
    if (std::exchange(j.began_, true))
      throw error(errc::invalid_argument, "a batch runs once: make another one");
  }
  peeked_source source(from, j.settings_.model());
  auto looking = source.look();
  const bool any = co_await std::move(looking);
  if (!any && unsettled_items(*j.journal_) == 0)
    co_return batch_tally(time.now()).report(time.now(), {});
  auto finding = j.http_->chat_route(source.model());
  const auto route = co_await std::move(finding);
  const std::shared_ptr<const dialect> by = make_dialect(route, j.options_.api(), j.options_.account());
  transport_function send = [http = j.http_, route](http::request r, direct_http::receiver into) {
    return http->send(route, std::move(r), std::move(into));
  };
  j.host_.emplace(*j.journal_, to, j.options_, batch_charge(j.settings_, route), ex);
  j.host_->tally().total(source.size());
  j.run_.emplace(by, std::move(send), *j.journal_, *j.host_, j.options_);
  j.answered_before_ = answered_in(*j.journal_);
  // Before anything is submitted. What is at the provider is judged by its age, which the run finds out.
  j.obey();
  if (unsettled_items(*j.journal_) == 0)
    j.look_at_deadline(time.wall());

  group writing(ex), watching(ex);
  writing.spawn(j.host_->write_all());
  watching.spawn(watch(self));
  std::exception_ptr failed;
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  try {
    auto running = j.run_->run(source);
    co_await std::move(running);
    auto flushing = j.host_->flush();
    co_await std::move(flushing);
  } catch (...) {
    failed = std::current_exception();
  }
  co_await asio::this_coro::throw_if_cancelled(false);
  watching.cancel();
  auto watched = as_result(watching.join());
  co_await std::move(watched);
  j.host_->end();
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
    writing.cancel();
  auto written = as_result(writing.join());
  co_await std::move(written);
  co_await asio::this_coro::throw_if_cancelled(throws);
  if (!source.size() && j.run_->is_complete())
    j.host_->tally().total(j.host_->tally().progress(time.now()).done);
  j.publish(time.now(), time.wall());
  auto report = j.host_->tally().report(time.now(), j.why_stopped());
  report.in_flight = j.run_->open();
  report.left.reset();
  j.run_.reset();
  j.host_.reset();
  if (failed)
    std::rethrow_exception(failed);
  co_return report;
}

provider_batch::provider_batch(weir::options settings, provider_batch_options o, std::shared_ptr<journal> kept)
    : state_(std::make_shared<state>(std::move(settings), std::move(o), std::move(kept))) {}
provider_batch::provider_batch(provider_batch&&) noexcept = default;
provider_batch& provider_batch::operator=(provider_batch&& other) noexcept {
  if (this != &other) {
    if (state_)
      state_->want(state::wish::stop);
    state_ = std::move(other.state_);
  }
  return *this;
}
provider_batch::~provider_batch() {
  if (state_)
    state_->want(state::wish::stop);
}

asio::awaitable<batch_report> provider_batch::run(batch_source& from, batch_sink& to) {
  return state::run(state_, from, to);
}
void provider_batch::drain() noexcept { state_->want(state::wish::drain); }
void provider_batch::cancel() noexcept { state_->want(state::wish::cancel); }
void provider_batch::stop() noexcept { state_->want(state::wish::stop); }
batch_progress provider_batch::progress() const { return state_->progress(); }
provider_progress provider_batch::at_provider() const { return state_->at_provider(); }

} // namespace weir::inline v0
