// From a part's files of results to the results of its items.
#include "batch/provider/provider_run.hpp"

#include <algorithm>
#include <utility>

#include "batch/provider/line_answer.hpp"
#include "batch/provider/provider_run_part.hpp"
#include "codec/json/json.hpp"

namespace weir::inline v0::vendor_batch {

namespace asio = boost::asio;
namespace json = codec::json;

namespace {

// A problem of the batch as a whole that is the provider's own, and not the input's.
bool is_providers(const batch_problem& p) {
  for (const std::string_view word : {"internal", "server_error", "unavailable", "overloaded"})
    if (p.code.find(word) != std::string::npos || p.message.find(word) != std::string::npos)
      return true;
  return false;
}

} // namespace

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

asio::awaitable<void> provider_run::deliver(part_ptr p) {
  p->done.assign(p->done.size(), false);
  p->columns.clear();
  p->passing.clear();
  part_file_reader columns(folder_.path_of(columns_of(p->name)));
  for (std::string line; columns.next(line);)
    p->columns.push_back(line);
  co_await find_answered(p);
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

bool provider_run::is_replaced(const part_item& item) const {
  const auto at = replaced_.find(item.id);
  return at != replaced_.end() && at->second != item.fingerprint;
}

// What an earlier run has delivered of this part, or has been answered otherwise since.
asio::awaitable<void> provider_run::find_answered(part_ptr p) {
  const auto& items = p->core.plan().items;
  for (std::size_t n = 0; n < items.size(); ++n) {
    const auto& item = items[n];
    p->done[n] = is_replaced(item) || host_.is_answered(item.id, item.fingerprint, p->planned_at);
    const auto at = held_.find(item.id);
    if (!p->done[n] || at == held_.end() || at->second.fingerprint != item.fingerprint)
      continue;
    const bool read = at->second.read;
    held_.erase(at);
    if (!read)
      continue;
    auto restoring = host_.restored(item.id, nullptr, item.index);
    co_await std::move(restoring);
  }
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
  if (ended.state != batch_state::failed || std::find(p->done.begin(), p->done.end(), true) != p->done.end())
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
  ++delivered_;
  auto taking = host_.take(std::move(r), p->core.plan().items[n].fingerprint);
  co_await std::move(taking);
}

void provider_run::settle(const part_ptr& p) {
  const auto& items = p->core.plan().items;
  p->settled = true;
  for (std::size_t n = 0; n < items.size(); ++n) {
    if (!p->done[n]) {
      ++missing_;
      p->missing.push_back(n);
    }
    if (!p->done[n] && !stopped())
      continue;
    rounds_.erase(items[n].id);
    const auto at = held_.find(items[n].id);
    if (at == held_.end() || at->second.fingerprint != items[n].fingerprint)
      continue;
    if (p->done[n] && !at->second.read)
      at->second.answered = true;
    else
      held_.erase(at);
  }
  if (stopped()) {
    dropped_ = dropped_ || !p->missing.empty();
    p->missing.clear();
  }
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

} // namespace weir::inline v0::vendor_batch
