#include "batch/provider/provider_run.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <utility>

#include <weir/core/as_result.hpp>
#include <weir/core/backoff.hpp>
#include <weir/core/executor.hpp>
#include <weir/core/group.hpp>
#include <weir/core/random.hpp>

#include "batch/provider/provider_run_part.hpp"

namespace weir::inline v0::vendor_batch {

namespace asio = boost::asio;

asio::awaitable<void> run_host::restored(std::string, const batch_item*, std::uint64_t) { co_return; }

provider_run::provider_run(std::shared_ptr<const dialect> by, transport_function send, journal& in, run_host& to,
                           provider_batch_options o)
    : by_(std::move(by)), journal_(in), host_(to), options_(std::move(o)), folder_(in.path()),
      exchange_(*by_, folder_, std::move(send)), limits_(by_->limits()) {
  const auto narrow = [](std::uint64_t& limit, std::uint64_t own) {
    if (own != 0)
      limit = std::min(limit, own);
  };
  narrow(limits_.lines, options_.max_lines());
  narrow(limits_.bytes, options_.max_bytes());
  narrow(limits_.tokens, options_.max_tokens());
  if (options_.window().count() != 0)
    limits_.window = std::clamp(options_.window(), limits_.min_window, limits_.max_window);
}

provider_run::~provider_run() = default;

part_rules provider_run::rules() const {
  part_rules r;
  r.uploads = by_->upload_steps() != 0;
  r.search = by_->search();
  r.pace.first = options_.first_poll();
  r.pace.longest = options_.longest_poll();
  r.longest = limits_.window + limits_.window + std::chrono::hours(24);
  r.max_failures = options_.max_failures();
  r.remove_input = !options_.keep_input();
  r.remove_output = !options_.keep_output();
  r.is_known = [this](const std::string& id) { return known_.contains(id); };
  return r;
}

void provider_run::restore() {
  std::map<std::string, part_ptr> found;
  std::vector<part_ptr> in_order;
  journal_.scan([&](const journal_record& record, std::uint64_t position, bool) {
    auto e = read_record(record);
    if (!e)
      return;
    if (e->step == part_step::planned) {
      const auto p = std::make_shared<part>(std::move(*e), rules());
      p->planned_at = position;
      if (found.emplace(p->name, p).second)
        in_order.push_back(p);
      return;
    }
    const auto at = found.find(e->part);
    if (at == found.end())
      return;
    at->second->core.restore(*e);
    if (e->step == part_step::created)
      known_.insert(e->id);
    if (e->step == part_step::settled)
      at->second->settled = true;
    if (e->step == part_step::cleaned) {
      ++over_;
      std::erase(in_order, at->second);
      found.erase(at);
    }
  });
  parts_ = std::move(in_order);
  for (const auto& p : parts_) {
    submitted_ += p->done.size();
    if (p->settled)
      continue;
    for (const auto& item : p->core.plan().items)
      held_[item.id] = held(item.fingerprint, false);
    // Lines that are lost cannot be sent; what has been sent is fetched all the same.
    if (p->core.batch_id().empty() && !folder_.has(part_folder::lines_of(p->name), p->core.plan().sha256))
      p->core.cancel();
    for (const auto& [place, e] : std::map(p->core.fetched()))
      if (!e.file.empty() && !folder_.has(e.file, e.sha256))
        p->core.on_lost(place);
  }
}

asio::awaitable<void> provider_run::keep(const part_event& e) { return writer_->append(to_record(e)); }

asio::awaitable<void> provider_run::run(batch_source& from) {
  const auto ex = co_await asio::this_coro::executor;
  writer_.emplace(journal_, ex);
  restore();
  courses_ = std::make_unique<group>(ex);
  for (const auto& p : std::vector(parts_))
    courses_->spawn(guarded(p));
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  try {
    co_await read_source(from);
  } catch (...) {
    if (!failed_)
      failed_ = std::current_exception();
  }
  // The courses use what is destroyed with the run: they are waited for, whatever has happened.
  co_await asio::this_coro::throw_if_cancelled(false);
  if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
    courses_->cancel();
  auto joining = as_result(courses_->join());
  co_await std::move(joining);
  co_await asio::this_coro::throw_if_cancelled(throws);
  courses_.reset();
  writer_.reset();
  dropped_ = dropped_ || open() != 0 || !unanswered_.empty() || (builder_ && !builder_->empty());
  builder_.reset();
  lines_.reset();
  columns_.reset();
  if (parts_.empty())
    folder_.close();
  if (failed_)
    std::rethrow_exception(failed_);
  if (why_)
    throw error(why_);
}

std::size_t provider_run::active() const {
  return static_cast<std::size_t>(
      std::count_if(parts_.begin(), parts_.end(), [](const part_ptr& p) { return !p->settled; }));
}

// What it throws makes the others leave as well.
asio::awaitable<void> provider_run::guarded(part_ptr p) {
  try {
    co_await course(p);
  } catch (...) {
    if (!failed_)
      failed_ = std::current_exception();
  }
}

asio::awaitable<void> provider_run::course(part_ptr p) {
  const auto ex = co_await asio::this_coro::executor;
  const auto& clock = time_of(ex);
  if (cancelled_)
    p->core.cancel();
  for (;;) {
    auto a = p->core.next(clock.wall(), random_uniform(ex));
    if (a.what == part_action::kind::done)
      break;
    // What a request has come to is kept.
    if (leaves() && a.what != part_action::kind::write)
      co_return;
    switch (a.what) {
    case part_action::kind::write: {
      auto writing = write(p, std::move(a.event));
      co_await std::move(writing);
      break;
    }
    case part_action::kind::send: {
      auto sending = send(p, std::move(a.request));
      co_await std::move(sending);
      break;
    }
    case part_action::kind::wait: {
      auto waiting = wait_until(a.until);
      co_await std::move(waiting);
      break;
    }
    case part_action::kind::deliver: co_await deliver(p); break;
    case part_action::kind::failed:
      if (!why_)
        why_ = std::move(a.why);
      co_return;
    case part_action::kind::done: break;
    }
  }
  std::erase(parts_, p);
  ++over_;
  if (p->missing.empty())
    close(p);
}

// In short pieces: the wall's clock may be set meanwhile, and who waits may have to leave.
asio::awaitable<void> provider_run::wait_until(wall_point until) {
  const auto now = time_of(co_await asio::this_coro::executor).wall();
  const auto left = std::chrono::duration_cast<duration>(until - now);
  co_await sleep_for(std::clamp<duration>(left, std::chrono::milliseconds(1), look_interval));
}

asio::awaitable<void> provider_run::write(part_ptr p, part_event e) {
  auto keeping = keep(e);
  co_await std::move(keeping);
  p->core.on_synced();
  if (e.step == part_step::created)
    known_.insert(e.id);
  if (e.step == part_step::terminal && e.state == batch_state::completed && p->core.created_at())
    learnt_.add(time_of(co_await asio::this_coro::executor).wall() - *p->core.created_at());
  if (e.step == part_step::settled)
    settle(p);
}

asio::awaitable<void> provider_run::send(part_ptr p, part_request r) {
  const auto ex = co_await asio::this_coro::executor;
  const bool large =
      r.what == part_request::kind::upload || (r.what == part_request::kind::create && by_->upload_steps() == 0);
  while (large && *sending_ && !leaves())
    co_await sleep_for(look_interval);
  if (large && leaves())
    co_return;
  class turn {
  public:
    turn(std::shared_ptr<bool> taken, bool takes) noexcept {
      if (!takes)
        return;
      taken_ = std::move(taken);
      *taken_ = true;
    }
    turn(const turn&) = delete;
    ~turn() {
      if (taken_)
        *taken_ = false;
    }

  private:
    std::shared_ptr<bool> taken_;
  };
  const turn mine(sending_, large);
  auto performing = exchange_.perform(p->core, r, limits_.window);
  const auto a = co_await std::move(performing);
  p->core.on_answer(r, a, time_of(ex).wall(), random_uniform(ex));
}

void provider_run::cancel() noexcept {
  cancelled_ = true;
  for (const auto& p : parts_)
    p->core.cancel();
}

} // namespace weir::inline v0::vendor_batch
