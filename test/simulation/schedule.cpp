#include "simulation/schedule.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <sstream>

#include <weir/client/client.hpp>
#include <weir/core/within.hpp>
#include <weir/testing.hpp>

namespace weir::inline v0::simulation {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// How long a call may run past its deadline.
constexpr auto grace = 50ms;
// After this every breaker, gate and limit has recovered.
constexpr auto recovery = 10min;
constexpr int calls_in_good_weather = 3;

class plan {
public:
  plan() = default;
  duration start{};
  duration deadline{};                   // zero: no deadline of its own
  std::optional<duration> cancel;        // after the start
  std::optional<std::size_t> drop_after; // this many events
  weir::priority priority = weir::priority::interactive;
};

class seen {
public:
  seen() = default;
  plan how;
  std::string text;
  std::size_t continued = 0;
  bool opened = false, ended = false;
  weir::outcome outcome = weir::outcome::failed;
  error_code code;
  time_point finished{};
  unsigned attempts = 0;
};

class world {
public:
  world(const scenario& what, std::uint64_t seed)
      : random(seed), net(std::make_shared<provider>(random.next(), what.bad)), whole(random.uniform() < 0.2) {
    testing::manual_time::install(io);
    seed_random(io, random.next());
    root = scope::root(io.get_executor());
    begin = time().now();
    if (whole)
      net->whole_answers();
    options o;
    o.base_url("http://127.0.0.1:8080").model("m").connector(net).deadline(2min);
    o.first_token_timeout(10s).inter_token_timeout(5s).connect_timeout(3s);
    what.configure(o, random);
    one.emplace(std::move(o));
  }

  testing::manual_time& time() { return testing::manual_time::of(io); }

  std::uint64_t below(std::uint64_t n) { return random.below(n); }
  duration up_to(duration most) {
    return duration(static_cast<duration::rep>(random.below(static_cast<std::uint64_t>(most.count()))));
  }

  std::size_t scopes_before = scope::live();
  random_source random;
  asio::io_context io{1};
  std::shared_ptr<provider> net;
  bool whole;
  std::shared_ptr<scope> root;
  time_point begin{};
  std::optional<client> one;
};

asio::awaitable<void> read(client& one, seen& s, bool whole) {
  auto ask = weir::chat().user("hi");
  if (whole) {
    auto answer = co_await one.chat(std::move(ask));
    s.opened = true;
    s.text = answer.text();
    s.outcome = answer.outcome;
    co_return;
  }
  auto r = co_await one.stream(std::move(ask));
  s.opened = true;
  std::size_t events = 0;
  try {
    while (auto e = co_await r.next()) {
      s.text += e->text();
      s.continued += e->is(event::kind::continued);
      if (s.how.drop_after && ++events > *s.how.drop_after)
        break;
    }
  } catch (const boost::system::system_error& e) {
    s.code = e.code();
  }
  if (s.how.drop_after && events > *s.how.drop_after)
    r.cancel();
  s.outcome = r.outcome();
}

asio::awaitable<void> one_call(world& w, seen& s) {
  co_await sleep_for(s.how.start);
  auto body = read(*w.one, s, w.whole);
  if (s.how.deadline > duration())
    body = within(s.how.deadline, std::move(body));
  if (s.how.priority == weir::priority::batch)
    body = at_priority(weir::priority::batch, std::move(body));
  try {
    co_await std::move(body);
  } catch (const boost::system::system_error& e) {
    s.code = e.code();
  }
}

plan make_plan(world& w) {
  plan p;
  p.start = w.up_to(10s);
  switch (w.below(6)) {
  case 0: p.deadline = 10ms + w.up_to(20s); break;
  case 1: p.cancel = w.up_to(8s); break;
  case 2: p.drop_after = w.below(8); break;
  default: break;
  }
  if (w.below(4) == 0)
    p.priority = weir::priority::batch;
  return p;
}

plan crowd_plan(world& w) {
  plan p;
  p.start = w.up_to(500ms);
  return p;
}

// Faults in one attempt in twenty are no reason for a call with three attempts to fail.
void check_crowd(const std::vector<seen>& calls, std::ostringstream& wrong) {
  const auto lost =
      std::count_if(calls.begin(), calls.end(), [](const seen& c) { return c.outcome != outcome::complete; });
  if (static_cast<std::size_t>(lost) > 1 + calls.size() / 100)
    wrong << lost << " of a crowd of " << calls.size() << " failed\n";
}

// Whether the text is a prefix of one answer; or, if answers were resumed, made of such
// prefixes.
bool is_prefix(const std::string& text, const provider& net, std::size_t continued, bool complete) {
  std::string_view rest = text;
  for (std::size_t piece = 0; piece <= continued; ++piece) {
    if (rest.empty())
      return !complete || piece != 0;
    const auto mark = rest.find('t');
    const auto number = static_cast<std::size_t>(std::strtoul(rest.data() + 1, nullptr, 10));
    if (rest[0] != 'a' || mark == std::string_view::npos || number >= net.answers().size())
      return false;
    const std::string_view full = net.answers()[number].text;
    auto same = static_cast<std::size_t>(std::mismatch(rest.begin(), rest.end(), full.begin(), full.end()).first -
                                         rest.begin());
    // Complete tokens: the next piece begins where this one would have continued.
    while (same != rest.size() && same != 0 && rest[same - 1] != ' ')
      --same;
    rest.remove_prefix(same);
    if (rest.empty())
      return !complete || same == full.size();
  }
  return false;
}

void check(world& w, const std::vector<seen>& calls, bool good, std::ostringstream& wrong, totals& sum) {
  for (std::size_t i = 0; i != calls.size(); ++i) {
    const auto& c = calls[i];
    const auto complain = [&](std::string_view what) {
      wrong << (good ? "good weather, " : "") << "call " << i << ": " << what << " (" << name_of(c.outcome) << ", "
            << c.code.message() << ", \"" << c.text << "\")\n";
    };
    ++sum.calls;
    sum.attempts += c.attempts;
    sum.complete += c.outcome == outcome::complete;
    sum.cancelled += c.outcome == outcome::cancelled || c.code == errc::cancelled;
    if (!c.ended) {
      complain("did not end");
      continue;
    }
    if (!is_prefix(c.text, *w.net, c.continued, c.outcome == outcome::complete))
      complain("the text is not a prefix of an answer");
    if (c.outcome == outcome::complete && c.code)
      complain("complete, with an error");
    if (c.opened && !c.how.drop_after && c.outcome != outcome::complete && !c.code)
      complain("truncated without an error");
    if (c.how.deadline > duration() && c.finished - w.begin > c.how.start + c.how.deadline + grace)
      complain("ran on after its deadline");
    if (c.how.cancel && c.finished - w.begin > c.how.start + *c.how.cancel + grace)
      complain("ran on after it was cancelled");
    if (good && c.outcome != outcome::complete)
      complain("failed");
  }
}

void run_calls(world& w, std::vector<seen>& calls, std::ostringstream& wrong) {
  const auto base = w.time().now();
  std::vector<std::unique_ptr<asio::cancellation_signal>> signals;
  for (auto& c : calls) {
    signals.push_back(std::make_unique<asio::cancellation_signal>());
    asio::co_spawn(executor(w.root), one_call(w, c),
                   asio::bind_cancellation_slot(signals.back()->slot(), [&w, &c](std::exception_ptr e) {
                     c.ended = true;
                     c.finished = w.time().now();
                     if (e && !c.code)
                       c.code = errc::cancelled;
                   }));
  }
  std::vector<std::pair<time_point, std::size_t>> cancels;
  for (std::size_t i = 0; i != calls.size(); ++i)
    if (calls[i].how.cancel)
      cancels.emplace_back(base + calls[i].how.start + *calls[i].how.cancel, i);
  std::sort(cancels.begin(), cancels.end());
  for (const auto& [when, i] : cancels) {
    if (when > w.time().now())
      testing::run(w.io, when - w.time().now());
    signals[i]->emit(asio::cancellation_type::terminal);
  }
  testing::run(w.io, recovery);
  if (std::any_of(calls.begin(), calls.end(), [](const auto& c) { return !c.ended; }))
    wrong << "some call did not end within " << recovery / 1min << " minutes\n";
}

} // namespace

std::string play(const scenario& what, std::uint64_t seed, totals& sum) {
  std::ostringstream wrong;
  const auto scopes = scope::live();
  {
    world w(what, seed);
    std::vector<seen> calls(what.crowd ? what.crowd : 1 + w.below(6));
    for (auto& c : calls)
      c.how = what.crowd ? crowd_plan(w) : make_plan(w);
    run_calls(w, calls, wrong);
    check(w, calls, false, wrong, sum);
    if (what.crowd)
      check_crowd(calls, wrong);

    w.net->now(weather());
    w.time().advance_to(w.time().now() + recovery);
    testing::run(w.io, recovery);
    w.begin = w.time().now();
    std::vector<seen> later(calls_in_good_weather);
    // One after the other: while a circuit is half open only the probe goes through.
    for (std::size_t i = 0; i != later.size(); ++i)
      later[i].how.start = static_cast<int>(i) * 10s;
    run_calls(w, later, wrong);
    check(w, later, true, wrong, sum);

    const auto state = w.one->inspect(w.time().now());
    for (const auto& b : state.breakers)
      if (b.running != 0)
        wrong << "the breaker of " << b.id << " waits for " << b.running << " results\n";
    for (const auto& c : state.concurrency)
      if (c.running + c.waiting_interactive + c.waiting_batch != 0)
        wrong << c.running << " permits of " << c.id << " were not returned\n";
    for (const auto& l : state.rate_limits)
      if (l.waiting_interactive + l.waiting_batch != 0)
        wrong << "calls wait for the rate limit of " << l.id << '\n';
    for (const auto& r : state.routes)
      if (r.in_flight != 0)
        wrong << r.in_flight << " calls are counted at " << r.target << '\n';
    const auto& pool = state.pool;
    if (pool.leased + pool.connecting + pool.waiting != 0)
      wrong << "the pool holds " << pool.leased << " leased, " << pool.connecting << " connecting, " << pool.waiting
            << " waiting\n";
    w.one.reset();
    testing::run(w.io, 1s);
    if (w.net->live() != 0)
      wrong << w.net->live() << " connections were not closed\n";
    wrong << w.net->problems();
    for (const auto& a : w.net->answers())
      sum.tokens += static_cast<std::uint64_t>(a.tokens);
    sum.attempts += w.net->requests();
  }
  if (scope::live() != scopes)
    wrong << scope::live() - scopes << " scopes were left\n";
  ++sum.schedules;
  return wrong.str();
}

} // namespace weir::inline v0::simulation
