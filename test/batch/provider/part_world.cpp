#include "batch/provider/part_world.hpp"

#include <algorithm>
#include <memory>

namespace weir::inline v0::test {

namespace {

using namespace std::chrono_literals;
using kind = vb::part_request::kind;

constexpr std::size_t most_steps = 20'000;

failure network(errc code) { return failure(code, "lost"); }
failure refused(int status, errc code) { return failure(code, "refused").status(status); }

} // namespace

part_history::part_history(std::uint64_t seed, vb::search_by search, fault_rates rates)
    : random_(seed), search_(search), rates_(rates) {
  plan_ = vb::part_event(vb::part_step::planned, "part-1", 1'790'000'000);
  plan_.tag = "t" + std::to_string(seed);
  const auto lines = 1 + random_.below(6);
  for (std::uint64_t n = 0; n < lines; ++n)
    plan_.items.emplace_back("item-" + std::to_string(n), n, n + 1);
  rules_.uploads = search_ == vb::search_by::nonce && chance(80);
  rules_.search = search_;
  rules_.remove_output = chance(30);
  journal_.push_back(vb::to_record(plan_));
  for (auto n = random_.below(3); n != 0; --n)
    add_foreign();
}

std::unique_ptr<vb::part_core> part_history::rebuild() {
  std::unique_ptr<vb::part_core> core;
  for (const auto& r : journal_) {
    const auto e = vb::read_record(r);
    if (e->step == vb::part_step::planned)
      core = std::make_unique<vb::part_core>(*e, rules_);
    else
      core->restore(*e);
  }
  if (cancel_)
    core->cancel();
  return core;
}

void part_history::add_foreign() {
  model_batch b;
  b.id = "foreign-" + std::to_string(++next_id_);
  b.nonce = search_ == vb::search_by::nonce ? "somebody" : "";
  b.file = "file-x" + std::to_string(next_id_);
  b.tag = "other";
  b.created = b.visible = now_ + std::chrono::seconds(random_.below(120)) - 60s;
  b.ends = b.created + std::chrono::minutes(random_.below(600));
  b.lines.assign(plan_.items.size(), fate::answered);
  b.foreign = true;
  batches_.push_back(b);
}

std::string part_history::create(const std::string& nonce, const std::string& file, duration delay) {
  model_batch b;
  b.id = "batch-" + std::to_string(++next_id_);
  b.nonce = nonce;
  b.file = file;
  b.tag = plan_.tag;
  b.created = now_ + std::chrono::duration_cast<vb::wall_point::duration>(delay);
  b.visible = b.created + std::chrono::seconds(random_.below(30));
  b.ends = b.created + std::chrono::seconds(random_.below(chance(50) ? 600 : 90'000));
  const auto state = random_.below(10);
  b.end = state < 6 ? vb::batch_state::completed : state < 8 ? vb::batch_state::expired : vb::batch_state::failed;
  b.turned_away = chance(rates_.room);
  b.vanished = !b.turned_away && chance(rates_.vanished);
  for (std::size_t n = 0; n < plan_.items.size(); ++n) {
    const auto f = random_.below(10);
    b.lines.push_back(chance(rates_.missing) ? fate::nowhere
                      : f < 7                ? fate::answered
                      : f < 9                ? fate::error
                                             : fate::not_run);
  }
  if (b.turned_away) {
    b.end = vb::batch_state::failed;
    b.ends = b.created + 20s;
    b.lines.assign(plan_.items.size(), fate::nowhere);
  }
  batches_.push_back(b);
  return b.id;
}

part_history::model_batch* part_history::find(const std::string& id) {
  const auto at = std::find_if(batches_.begin(), batches_.end(), [&](const auto& b) { return b.id == id; });
  return at == batches_.end() ? nullptr : &*at;
}

vb::batch_view part_history::view(const model_batch& b) const {
  vb::batch_view v;
  v.id = b.id;
  v.created = std::chrono::duration_cast<std::chrono::seconds>(b.created.time_since_epoch()).count();
  if (search_ == vb::search_by::nonce) {
    v.nonce = rules_.uploads && b.lines.size() % 2 ? std::string() : b.nonce;
    v.input_file = b.file;
  }
  if (now_ < b.ends) {
    v.state = vb::batch_state::running;
    return v;
  }
  v.state = b.end;
  const auto has = [&b](fate f) { return std::find(b.lines.begin(), b.lines.end(), f) != b.lines.end(); };
  v.completed = static_cast<std::uint64_t>(std::count(b.lines.begin(), b.lines.end(), fate::answered));
  if (has(fate::answered))
    v.places.push_back(b.id + ".out");
  if (has(fate::error) || has(fate::not_run))
    v.places.push_back(b.id + ".err");
  if (b.turned_away)
    v.problems.emplace_back("token_limit_exceeded", "no room");
  return v;
}

vb::part_answer part_history::acted(const vb::part_request& to) {
  vb::part_answer a;
  switch (to.what) {
  case kind::upload:
    a.file = "file-" + std::to_string(++next_id_);
    files_.insert(a.file);
    break;
  case kind::create: {
    const auto cores = rebuild();
    if (chance(rates_.room))
      return vb::part_answer(refused(429, errc::rate_limited).remote_code("token_limit_exceeded"));
    a.batch.id = create(to.argument, cores->file(), duration());
    a.batch.state = vb::batch_state::validating;
    break;
  }
  case kind::list: {
    // Two batches a page, the newest first.
    std::vector<const model_batch*> seen;
    for (const auto& b : batches_)
      if (b.visible <= now_ && !(b.vanished && now_ > b.ends))
        seen.push_back(&b);
    std::stable_sort(seen.begin(), seen.end(), [](const auto* x, const auto* y) { return x->created > y->created; });
    const auto from = to.argument.empty() ? 0 : std::stoul(to.argument);
    for (auto n = from; n < std::min<std::size_t>(from + 2, seen.size()); ++n)
      a.page.batches.push_back(view(*seen[n]));
    if (from + 2 < seen.size())
      a.page.next = std::to_string(from + 2);
    break;
  }
  case kind::poll: {
    const auto* b = find(to.argument);
    const bool early = b && now_ < b->created + 30s && chance(30);
    if (!b || early || (b->vanished && now_ > b->ends) || b->created > now_)
      return vb::part_answer(refused(404, errc::not_found));
    a.batch = view(*b);
    break;
  }
  case kind::fetch:
  case kind::probe: {
    auto* b = find(to.argument.substr(0, to.argument.size() - 4));
    if (!b || b->vanished)
      return vb::part_answer(refused(404, errc::not_found));
    const bool out = to.argument.ends_with(".out");
    a.ours = b->tag == plan_.tag;
    a.file = to.argument;
    auto& lines = local_[to.argument];
    lines.clear();
    for (std::size_t n = 0; n < b->lines.size(); ++n)
      if (out ? b->lines[n] == fate::answered : b->lines[n] == fate::error)
        lines.push_back(vb::custom_id(b->tag, n));
    // Twice, and one of nobody's.
    if (!lines.empty() && chance(20))
      lines.push_back(lines.front());
    if (chance(10))
      lines.emplace_back("stranger-1");
    break;
  }
  case kind::cancel:
    if (auto* b = find(to.argument); b && now_ < b->ends) {
      b->ends = now_ + std::chrono::seconds(random_.below(300));
      b->end = vb::batch_state::cancelled;
      b->cancelled = true;
      for (auto& line : b->lines)
        if (chance(50))
          line = fate::nowhere;
    } else {
      return vb::part_answer(refused(409, errc::bad_request));
    }
    break;
  case kind::remove_input: files_.erase(to.argument); break;
  case kind::remove_output: break;
  }
  return a;
}

vb::part_answer part_history::answer(const vb::part_request& to) {
  pass(std::chrono::milliseconds(random_.below(3000)));
  if (chance(rates_.busy))
    return vb::part_answer(refused(chance(50) ? 429 : 503, chance(50) ? errc::rate_limited : errc::overloaded));
  if (!chance(rates_.lost))
    return acted(to);
  // Lost on the way there, or on the way back, or late on the way there.
  const auto how = random_.below(3);
  if (how == 0)
    return vb::part_answer(network(errc::connect_failed), false);
  if (how == 1 && to.what == kind::create) {
    const auto core = rebuild();
    create(to.argument, core->file(), std::chrono::seconds(random_.below(20)));
  } else {
    acted(to);
  }
  pass(std::chrono::seconds(random_.below(10)));
  return vb::part_answer(network(errc::connection_lost));
}

// False if the process ends in between.
bool part_history::deliver(vb::part_core& core) {
  for (const auto& place : core.ended()->places) {
    const auto at = core.fetched().find(place);
    if (at == core.fetched().end() || at->second.file.empty())
      continue;
    for (const auto& id : local_[at->second.file]) {
      const auto line = vb::line_of(plan_.tag, id);
      if (!line || *line >= plan_.items.size())
        continue;
      const auto& item = plan_.items[*line].id;
      if (delivered_.contains(item)) // it is in the journal
        continue;
      ++delivered_[item];
      if (chance(2))
        return false;
    }
  }
  core.on_delivered();
  return true;
}

std::string part_history::check() const {
  std::size_t paid = 0;
  const model_batch* ran = nullptr;
  bool vanished = false;
  for (const auto& b : batches_)
    if (!b.foreign && !b.turned_away) {
      vanished = vanished || b.vanished;
      // One without any result costs nothing, and cannot be told by its results.
      if (search_ == vb::search_by::results &&
          std::count(b.lines.begin(), b.lines.end(), fate::nowhere) == static_cast<std::ptrdiff_t>(b.lines.size()))
        continue;
      ++paid;
      ran = &b;
    }
  // Nothing tells of a batch that its provider has lost.
  if (vanished)
    return {};
  if (paid > 1)
    return "two batches for one part";
  if (paid == 0 && !delivered_.empty())
    return "a result of nothing";
  for (std::size_t n = 0; n < plan_.items.size(); ++n) {
    const auto at = delivered_.find(plan_.items[n].id);
    const auto times = at == delivered_.end() ? 0 : at->second;
    const bool there = ran && (ran->lines[n] == fate::answered || ran->lines[n] == fate::error);
    if (times != (there ? 1u : 0u))
      return "item " + std::to_string(n) + " was delivered " + std::to_string(times) + " times, and its line is " +
             (there ? "there" : "missing");
  }
  for (const auto& f : files_)
    if (rules_.uploads && rules_.remove_input && kills_ == 0 && rates_.lost == 0 && rates_.busy == 0)
      return "the file " + f + " was left behind";
  return {};
}

std::string part_history::play() {
  const bool cancels = chance(rates_.cancel);
  const auto cancel_at = random_.below(40);
  auto core = rebuild();
  for (std::size_t step = 0; step < most_steps; ++step) {
    if (cancels && step >= cancel_at) {
      cancel_ = true;
      core->cancel();
    }
    const bool kill = chance(rates_.kill);
    const auto a = core->next(now_, uniform());
    switch (a.what) {
    case vb::part_action::kind::write:
      // The record may be there or not if the process ends now.
      if (!kill || chance(50))
        journal_.push_back(vb::to_record(a.event));
      if (!kill)
        core->on_synced();
      break;
    case vb::part_action::kind::send: {
      if (kill && chance(50))
        break; // before it was sent
      const auto got = answer(a.request);
      if (!kill)
        core->on_answer(a.request, got, now_, uniform());
      break;
    }
    case vb::part_action::kind::wait:
      if (a.until <= now_)
        return "it waits for what is over";
      now_ = a.until;
      break;
    case vb::part_action::kind::deliver:
      if (!deliver(*core)) {
        ++kills_;
        core = rebuild();
        continue;
      }
      break;
    case vb::part_action::kind::done: return check();
    case vb::part_action::kind::failed: return "it failed: " + a.why.message();
    }
    if (chance(3) && batches_.size() < 8)
      add_foreign();
    if (kill) {
      ++kills_;
      pass(chance(70) ? duration(std::chrono::milliseconds(random_.below(2000)))
                      : duration(std::chrono::minutes(random_.below(2000))));
      core = rebuild();
    }
  }
  return "it does not end";
}

} // namespace weir::inline v0::test
