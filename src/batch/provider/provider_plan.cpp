// From the items of a source, and the lines that batches left out, to parts.
#include "batch/provider/provider_run.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <cstdio>
#include <utility>

#include <weir/core/backoff.hpp>
#include <weir/core/executor.hpp>
#include <weir/core/random.hpp>

#include "batch/provider/line_answer.hpp"
#include "batch/provider/provider_run_part.hpp"

namespace weir::inline v0::vendor_batch {

namespace asio = boost::asio;

namespace {

// Ten hexadecimal digits that no other part has.
std::string new_tag(const asio::any_io_executor& ex) {
  const auto a = static_cast<unsigned>(random_uniform(ex) * 0x1p20),
             b = static_cast<unsigned>(random_uniform(ex) * 0x1p20);
  char text[16];
  std::snprintf(text, sizeof text, "%05x%05x", a, b);
  return text;
}

} // namespace

asio::awaitable<void> provider_run::read_source(batch_source& from) {
  for (std::uint64_t index = 0; !stopped(); ++index) {
    if (!unanswered_.empty())
      co_await plan_again();
    auto reading = from.next();
    auto item = co_await std::move(reading);
    if (!item) {
      at_end_ = true;
      break;
    }
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
    co_await sleep_for(look_interval);
  }
}

asio::awaitable<void> provider_run::plan_item(batch_item item, std::uint64_t index) {
  const auto print = host_.fingerprint(item);
  host_.on_read();
  if (const auto at = held_.find(item.id()); at != held_.end()) {
    if (std::exchange(at->second.read, true))
      throw error(errc::invalid_argument, "the id \"" + item.id() + "\" comes twice in the input" +
                                              (item.origin().empty() ? "" : " (" + item.origin() + ")"));
    if (at->second.fingerprint == print) {
      if (at->second.answered)
        held_.erase(at);
      co_return;
    }
    host_.refuse_changed(item);
    replaced_[item.id()] = print;
  } else {
    host_.check(item, print);
  }
  if (host_.is_done(item.id(), print)) {
    auto restoring = host_.restored(item.id(), &item, index);
    co_await std::move(restoring);
    co_return;
  }
  auto columns = columns_line(item);
  part_item what(item.id(), item.place().value_or(index), print);
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
    why = failure(errc::unsupported, "the job is for the model \"" + to.model +
                                         "\", and a batch has one: run what is for \"" + ask->model() +
                                         "\" as a job of its own");
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
  held_[what.id] = held(print, true);
  auto planning = plan_line(std::move(what), std::move(line), std::string(placeholder), std::move(columns));
  co_await std::move(planning);
}

asio::awaitable<void> provider_run::reject(part_item item, std::string columns, failure why) {
  auto r = unanswered(*by_, item, std::move(why));
  r.calls = r.attempts = 0;
  put_columns(r, columns);
  ++delivered_;
  held_.erase(item.id);
  auto taking = host_.take(std::move(r), item.fingerprint);
  co_await std::move(taking);
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
    if (stopped()) {
      dropped_ = true;
      co_return;
    }
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
      if (is_replaced(plan.items[n]))
        continue;
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
    co_await sleep_for(look_interval);
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

} // namespace weir::inline v0::vendor_batch
