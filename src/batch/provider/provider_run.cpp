#include "batch/provider/provider_run.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

#include <weir/core/backoff.hpp>
#include <weir/core/executor.hpp>
#include <weir/core/group.hpp>
#include <weir/core/random.hpp>

#include "batch/provider/provider_run_part.hpp"

namespace weir::inline v0::vendor_batch {

namespace asio = boost::asio;

namespace {

constexpr duration longest_sleep = std::chrono::seconds(5);

asio::awaitable<void> append(journal& to, journal_record r) {
  const auto ex = co_await asio::this_coro::executor;
  auto start = [&to, &r, ex](auto handler) {
    // The journal's own thread calls back.
    auto kept = std::make_shared<decltype(handler)>(std::move(handler));
    const auto work = asio::prefer(ex, asio::execution::outstanding_work.tracked);
    to.append(std::move(r), [kept, work](error_code ec) { asio::post(work, [kept, ec] { std::move (*kept)(ec); }); });
  };
  co_await asio::async_initiate<decltype(asio::use_awaitable), void(error_code)>(start, asio::use_awaitable);
}

} // namespace

provider_run::provider_run(std::shared_ptr<const dialect> by, transport_function send, journal& in, run_host& to,
                           provider_batch_options o, std::shared_ptr<price_book> prices)
    : by_(std::move(by)), journal_(in), host_(to), options_(std::move(o)), prices_(std::move(prices)),
      folder_(in.path()), exchange_(*by_, folder_, std::move(send)), limits_(by_->limits()) {
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
  journal_.scan([&](const journal_record& record, std::uint64_t, bool) {
    auto e = read_record(record);
    if (!e)
      return;
    if (e->step == part_step::planned) {
      const auto p = std::make_shared<part>(std::move(*e), rules());
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
      held_[item.id] = true;
    // Lines that are lost cannot be sent; what has been sent is fetched all the same.
    if (p->core.batch_id().empty() && !folder_.has(part_folder::lines_of(p->name), p->core.plan().sha256))
      p->core.cancel();
    for (const auto& [place, e] : std::map(p->core.fetched()))
      if (!e.file.empty() && !folder_.has(e.file, e.sha256))
        p->core.on_lost(place);
  }
}

asio::awaitable<void> provider_run::keep(const part_event& e) { return append(journal_, to_record(e)); }

asio::awaitable<void> provider_run::run(batch_source& from) {
  restore();
  courses_ = std::make_unique<group>(co_await asio::this_coro::executor);
  for (const auto& p : std::vector(parts_))
    courses_->spawn(guarded(p));
  std::exception_ptr cancelled;
  try {
    co_await read_source(from);
  } catch (...) {
    cancelled = std::current_exception();
    if (!failed_)
      failed_ = cancelled;
  }
  // Not in the handler: it awaits. What is submitted comes to its end, unless the caller has cancelled.
  try {
    co_await courses_->join();
  } catch (...) {
    if (!failed_)
      failed_ = std::current_exception();
  }
  courses_.reset();
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

// What it throws ends the others too, which go on in another run.
asio::awaitable<void> provider_run::guarded(part_ptr p) {
  try {
    co_await course(p);
  } catch (...) {
    if (!failed_)
      failed_ = std::current_exception();
    throw;
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
      const auto left = std::chrono::duration_cast<duration>(a.until - clock.wall());
      // The clock of the wall may be set meanwhile.
      co_await sleep_for(std::clamp<duration>(left, std::chrono::milliseconds(1), longest_sleep));
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
  while (large && sending_)
    co_await sleep_for(look_interval);
  class turn {
  public:
    turn(bool& taken, bool takes) noexcept : taken_(takes ? &taken : nullptr) {
      if (taken_)
        *taken_ = true;
    }
    turn(const turn&) = delete;
    ~turn() {
      if (taken_)
        *taken_ = false;
    }

  private:
    bool* const taken_;
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
