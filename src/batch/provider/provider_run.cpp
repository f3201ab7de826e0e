#include "batch/provider/provider_run.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cstdio>
#include <utility>

#include <weir/core/backoff.hpp>
#include <weir/core/executor.hpp>
#include <weir/core/group.hpp>
#include <weir/core/random.hpp>

#include "batch/provider/line_answer.hpp"
#include "codec/json/json.hpp"

namespace weir::inline v0::vendor_batch {

namespace asio = boost::asio;
namespace json = codec::json;

namespace {

// So often who waits looks whether it still has to.
constexpr duration look = std::chrono::milliseconds(250);
constexpr duration longest_sleep = std::chrono::seconds(5);

std::int64_t seconds_of(wall_point t) {
  return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
}

// Ten hexadecimal digits that no other part has.
std::string new_tag(const asio::any_io_executor& ex) {
  const auto a = static_cast<unsigned>(random_uniform(ex) * 0x1p20), b = static_cast<unsigned>(random_uniform(ex) * 0x1p20);
  char text[16];
  std::snprintf(text, sizeof text, "%05x%05x", a, b);
  return text;
}

std::string columns_line(const batch_item& item) {
  if (item.columns().empty() && item.origin().empty())
    return "[]";
  return codec::to_text(json::array{item.columns(), item.origin()});
}

void put_columns(batch_result& r, const std::string& line) {
  error_code ec;
  const auto v = codec::parse_json(line, ec);
  if (ec || !v.is_array() || v.get_array().size() != 2)
    return;
  const auto& a = v.get_array();
  if (a[0].is_string())
    r.columns = a[0].get_string();
  if (a[1].is_string())
    r.origin = a[1].get_string();
}

std::string columns_of(const std::string& part) { return part + ".columns.jsonl"; }

// A problem of the batch as a whole that is the provider's own, and not the input's.
bool is_providers(const batch_problem& p) {
  for (const std::string_view word : {"internal", "server_error", "unavailable", "overloaded"})
    if (p.code.find(word) != std::string::npos || p.message.find(word) != std::string::npos)
      return true;
  return false;
}

asio::awaitable<void> append(journal& to, journal_record r) {
  const auto ex = co_await asio::this_coro::executor;
  auto start = [&to, &r, ex](auto handler) {
    // The journal's own thread calls back.
    auto kept = std::make_shared<decltype(handler)>(std::move(handler));
    const auto work = asio::prefer(ex, asio::execution::outstanding_work.tracked);
    to.append(std::move(r), [kept, work](error_code ec) {
      asio::post(work, [kept, ec] { std::move (*kept)(ec); });
    });
  };
  co_await asio::async_initiate<decltype(asio::use_awaitable), void(error_code)>(start, asio::use_awaitable);
}

} // namespace

/// A part that is not over.
class provider_run::part {
public:
  part(part_event plan, part_rules rules)
      : core(plan, std::move(rules)), name(std::move(plan.part)), done(core.plan().items.size()) {}
  part_core core;
  const std::string name;
  std::vector<bool> done; // lines whose items have a result, or go on elsewhere
  std::vector<std::size_t> missing;
  // While it is delivered.
  std::vector<std::string> columns;
  std::map<std::size_t, failure> passing; // why lines failed that may be asked again
  bool settled = false;
};

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

asio::awaitable<void> provider_run::read_source(batch_source& from) {
  for (std::uint64_t index = 0; !stopped(); ++index) {
    if (!unanswered_.empty())
      co_await plan_again();
    auto reading = from.next();
    auto item = co_await std::move(reading);
    if (!item)
      break;
    auto planning = plan_item(std::move(*item), index);
    co_await std::move(planning);
  }
  for (;;) {
    co_await plan_again();
    if (builder_ && !builder_->empty())
      co_await submit();
    const bool over = active() == 0 && unanswered_.empty();
    if (stopped() || over)
      co_return;
    co_await sleep_for(look);
  }
}

asio::awaitable<void> provider_run::plan_item(batch_item item, std::uint64_t index) {
  const auto print = host_.fingerprint(item);
  if (const auto at = held_.find(item.id()); at != held_.end()) {
    if (!std::exchange(at->second, false))
      throw error(errc::invalid_argument, "the id \"" + item.id() + "\" comes twice in the input" +
                                              (item.origin().empty() ? "" : " (" + item.origin() + ")"));
    co_return;
  }
  if (host_.is_done(item.id(), print))
    co_return;
  auto columns = columns_line(item);
  part_item what(item.id(), index, print);
  failure why;
  std::string line;
  constexpr std::string_view placeholder = "weir-new-line";
  const auto* ask = std::get_if<chat>(&item.request());
  const auto& to = by_->route();
  if (item.rejection())
    why = *item.rejection();
  else if (!ask)
    why = failure(errc::unsupported, "only chats are submitted to a provider's batch API: run other tasks live");
  else if (!ask->model().empty() && ask->model() != to.model && ask->model() != to.requested_model)
    why = failure(errc::unsupported, "the job is for the model \"" + to.model + "\", and a batch has one: run what is for \"" +
                                         ask->model() + "\" as a job of its own");
  else
    try {
      line = by_->line(*ask, placeholder);
    } catch (const error& e) {
      why = e.failure();
    }
  if (why) {
    auto rejecting = reject(std::move(what), std::move(columns), std::move(why));
    co_await std::move(rejecting);
    co_return;
  }
  held_[what.id] = false;
  auto planning = plan_line(std::move(what), std::move(line), std::string(placeholder), std::move(columns));
  co_await std::move(planning);
}

asio::awaitable<void> provider_run::reject(part_item item, std::string columns, failure why) {
  auto r = unanswered(*by_, item, std::move(why));
  r.calls = r.attempts = 0;
  put_columns(r, columns);
  ++delivered_;
  held_.erase(item.id);
  co_await host_.take(std::move(r));
}

void provider_run::begin_part(const asio::any_io_executor& ex) {
  if (builder_)
    return;
  builder_ = std::make_unique<part_builder>(limits_, new_tag(ex));
  lines_ = folder_.begin();
  columns_ = folder_.begin();
}

asio::awaitable<void> provider_run::plan_line(part_item item, std::string line, std::string from, std::string columns) {
  const auto ex = co_await asio::this_coro::executor;
  begin_part(ex);
  const auto room = line.size() + 64; // for a longer custom id, and the line feed
  const auto tokens = tokens_of(line.size(), 0);
  const auto verdict = builder_->check(room, tokens);
  if (verdict == part_builder::verdict::too_large) {
    failure why(errc::invalid_argument, "the request is larger than a batch of this provider may be");
    auto rejecting = reject(std::move(item), std::move(columns), std::move(why));
    co_await std::move(rejecting);
    co_return;
  }
  if (verdict == part_builder::verdict::full) {
    co_await submit();
    if (stopped())
      co_return;
    begin_part(ex);
  }
  ++rounds_[item.id];
  lines_->write_line(renamed_line(line, from, builder_->next_id()));
  columns_->write_line(columns);
  builder_->add(std::move(item), room, tokens);
}

asio::awaitable<void> provider_run::plan_again() {
  while (!unanswered_.empty() && !stopped()) {
    const auto p = unanswered_.front();
    unanswered_.pop_front();
    part_file_reader lines(folder_.path_of(part_folder::lines_of(p->name)));
    part_file_reader columns(folder_.path_of(columns_of(p->name)));
    std::string line, beside;
    std::size_t next = 0;
    for (std::size_t n = 0; next < p->missing.size() && lines.next(line); ++n) {
      if (!columns.next(beside))
        beside = "[]";
      if (p->missing[next] != n)
        continue;
      ++next;
      const auto& plan = p->core.plan();
      auto planning = plan_line(plan.items[n], line, custom_id(plan.tag, n), beside);
      co_await std::move(planning);
    }
    p->missing.clear();
    close(p);
  }
}

asio::awaitable<void> provider_run::submit() {
  const auto ex = co_await asio::this_coro::executor;
  const auto most = std::max<std::size_t>(options_.parts_at_once(), 1);
  while (active() >= most && !stopped())
    co_await sleep_for(look);
  if (stopped())
    co_return;
  auto e = builder_->finish(lines_->finish(), seconds_of(time_of(ex).wall()));
  builder_.reset();
  const auto lines = std::move(lines_);
  const auto columns = std::move(columns_);
  lines->keep(part_folder::lines_of(e.part));
  columns->finish();
  columns->keep(columns_of(e.part));
  auto keeping = keep(e);
  co_await std::move(keeping);
  const auto p = std::make_shared<part>(std::move(e), rules());
  submitted_ += p->done.size();
  parts_.push_back(p);
  courses_->spawn(guarded(p));
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
  const bool large = r.what == part_request::kind::upload ||
                     (r.what == part_request::kind::create && by_->upload_steps() == 0);
  while (large && sending_)
    co_await sleep_for(look);
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

asio::awaitable<void> provider_run::deliver(part_ptr p) {
  p->done.assign(p->done.size(), false);
  p->columns.clear();
  p->passing.clear();
  part_file_reader columns(folder_.path_of(columns_of(p->name)));
  for (std::string line; columns.next(line);)
    p->columns.push_back(line);
  const auto& items = p->core.plan().items;
  for (std::size_t n = 0; n < items.size(); ++n)
    p->done[n] = host_.is_done(items[n].id, items[n].fingerprint);
  // By value: the machine may be told of other things meanwhile.
  const auto places = p->core.ended()->places;
  for (const auto& place : places) {
    const auto at = p->core.fetched().find(place);
    if (at == p->core.fetched().end() || at->second.file.empty())
      continue;
    auto file = at->second.file;
    co_await deliver_file(p, std::move(file));
  }
  co_await deliver_problems(p);
  co_await deliver_missing(p);
  co_await host_.flush();
  p->columns.clear();
  p->passing.clear();
  p->core.on_delivered();
}

asio::awaitable<void> provider_run::deliver_file(part_ptr p, std::string name) {
  const auto& plan = p->core.plan();
  part_file_reader in(folder_.path_of(name));
  for (std::string text; in.next(text);) {
    line_result line;
    try {
      line = by_->result(text);
    } catch (const error&) {
      ++unknown_;
      continue;
    }
    const auto n = line_of(plan.tag, line.custom_id);
    if (!n || *n >= plan.items.size()) {
      ++unknown_;
      continue;
    }
    if (p->done[*n])
      continue;
    if (may_pass(line)) {
      if (line.why)
        p->passing[*n] = std::move(line.why);
      continue;
    }
    auto giving = give(p, *n, result_of(*by_, plan.items[*n], std::move(line)));
    co_await std::move(giving);
  }
}

// The batch was refused as a whole: because of some of its lines, or of what all of them have.
asio::awaitable<void> provider_run::deliver_problems(part_ptr p) {
  const auto ended = *p->core.ended();
  if (ended.state != batch_state::failed || !ended.places.empty() || ended.again)
    co_return;
  const auto& items = p->core.plan().items;
  bool by_line = false;
  const batch_problem* whole = nullptr;
  for (const auto& problem : ended.problems) {
    by_line = by_line || problem.line;
    if (!problem.line && !is_providers(problem))
      whole = &problem;
    if (!problem.line || *problem.line == 0 || *problem.line > items.size() || p->done[*problem.line - 1])
      continue;
    const auto n = *problem.line - 1;
    failure why(errc::bad_request, "the provider's batch API refused the line");
    why.remote(problem.message).remote_code(problem.code);
    auto giving = give(p, n, unanswered(*by_, items[n], std::move(why)));
    co_await std::move(giving);
  }
  if (by_line || !whole || cancelled_)
    co_return;
  for (std::size_t n = 0; n < items.size(); ++n) {
    if (p->done[n])
      continue;
    failure why(errc::bad_request, "the provider's batch API refused the batch");
    why.remote(whole->message).remote_code(whole->code);
    auto giving = give(p, n, unanswered(*by_, items[n], std::move(why)));
    co_await std::move(giving);
  }
}

bool provider_run::may_go_again(const std::string& id) const {
  const auto at = rounds_.find(id);
  return at == rounds_.end() || at->second < std::max(options_.rounds(), 1u);
}

// What may go into another part has no result yet; nor has anything while the run ends.
asio::awaitable<void> provider_run::deliver_missing(part_ptr p) {
  const auto& items = p->core.plan().items;
  const auto ended = *p->core.ended();
  for (std::size_t n = 0; n < items.size(); ++n) {
    if (p->done[n] || stopped() || may_go_again(items[n].id))
      continue;
    failure why(errc::server_error, "the provider's batch ended (" +
                                        (ended.remark.empty() ? std::string(name_of(ended.state)) : ended.remark) +
                                        ") without an answer, as did the ones before");
    if (const auto at = p->passing.find(n); at != p->passing.end())
      why = at->second;
    auto giving = give(p, n, unanswered(*by_, items[n], std::move(why)));
    co_await std::move(giving);
  }
}

asio::awaitable<void> provider_run::give(part_ptr p, std::size_t n, batch_result r) {
  p->done[n] = true;
  if (n < p->columns.size())
    put_columns(r, p->columns[n]);
  price(r);
  ++delivered_;
  co_await host_.take(std::move(r));
}

void provider_run::price(batch_result& r) const {
  if (!prices_ || r.usage == usage())
    return;
  const auto& to = by_->route();
  auto query = price_query(to.provider, to.requested_model.empty() ? to.model : to.requested_model);
  query.model_answered(r.model).usage(r.usage).batch(true);
  const auto cost = prices_->price(query);
  r.cost = cost.cost;
  r.currency = cost.currency;
  r.cost_estimated = cost.incomplete;
}

void provider_run::settle(const part_ptr& p) {
  const auto& items = p->core.plan().items;
  p->settled = true;
  for (std::size_t n = 0; n < items.size(); ++n) {
    if (!p->done[n]) {
      ++missing_;
      p->missing.push_back(n);
    }
    if (p->done[n] || stopped()) {
      held_.erase(items[n].id);
      rounds_.erase(items[n].id);
    }
  }
  if (stopped())
    p->missing.clear();
  if (!p->missing.empty())
    unanswered_.push_back(p);
  for (const auto& other : parts_)
    other->core.on_room();
}

// Once its results are delivered and its missing lines are in another part.
void provider_run::close(const part_ptr& p) {
  if (std::find(parts_.begin(), parts_.end(), p) != parts_.end())
    return;
  folder_.remove(part_folder::lines_of(p->name));
  folder_.remove(columns_of(p->name));
  if (p->core.ended())
    for (std::size_t n = 0; n < p->core.ended()->places.size(); ++n)
      folder_.remove(part_folder::results_of(p->name, n));
}

void provider_run::cancel() noexcept {
  cancelled_ = true;
  for (const auto& p : parts_)
    p->core.cancel();
}

provider_progress provider_run::progress(wall_point now) const {
  provider_progress all;
  for (const auto& p : parts_) {
    provider_part one;
    one.name = p->name;
    one.batch = p->core.batch_id();
    one.state = p->core.doing();
    one.lines = p->done.size();
    if (const auto& seen = p->core.seen()) {
      one.completed = seen->completed;
      one.failed = seen->failed;
    }
    if (const auto at = p->core.created_at())
      one.age = std::chrono::duration_cast<duration>(now - *at);
    all.parts.push_back(std::move(one));
  }
  all.parts_over = over_;
  all.submitted = submitted_;
  all.delivered = delivered_;
  all.missing = missing_;
  all.unknown = unknown_;
  return all;
}

void provider_run::tell(deadline_question& q) const {
  q.median = learnt_.median();
  q.most = learnt_.most();
  for (const auto& p : parts_) {
    const auto at = p->core.created_at();
    if (p->settled || !at)
      continue;
    const auto age = std::chrono::duration_cast<duration>(q.now - *at);
    if (q.age && *q.age >= age)
      continue;
    q.age = age;
    q.progress.reset();
    const auto& seen = p->core.seen();
    q.finalizing = p->core.ended() || (seen && seen->state == batch_state::finalizing && !p->core.cancelling());
    if (seen && seen->total && *seen->total != 0)
      q.progress = static_cast<double>(seen->completed.value_or(0) + seen->failed.value_or(0)) /
                   static_cast<double>(*seen->total);
  }
}

} // namespace weir::inline v0::vendor_batch
