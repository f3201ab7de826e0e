// The connector that plays scripts, declared in weir/testing.hpp.
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include <weir/testing.hpp>

namespace weir::inline v0::testing {

namespace asio = boost::asio;

class scripted_connector::state {
public:
  class outcome {
  public:
    outcome() = default;
    std::optional<script> plays;
    errc fails{};
    duration takes{};
  };

  void add(std::optional<script> plays, errc fails) {
    outcome next;
    next.plays = std::move(plays);
    next.fails = fails;
    next.takes = std::exchange(delay, {});
    outcomes.push_back(std::move(next));
  }

  outcome take() {
    ++attempts;
    outcome next;
    if (!outcomes.empty()) {
      next = std::move(outcomes.front());
      outcomes.pop_front();
    } else if (otherwise) {
      next.plays = *otherwise;
    } else {
      problems += "a connect with no script left\n";
      next.fails = errc::connect_failed;
    }
    return next;
  }

  std::deque<outcome> outcomes;
  std::optional<script> otherwise;
  duration delay{};
  std::size_t attempts = 0;
  std::vector<std::shared_ptr<recording>> connections;
  std::string problems;
};

scripted_connector::scripted_connector() : state_(std::make_unique<state>()) {}
scripted_connector::~scripted_connector() = default;

scripted_connector& scripted_connector::add(script s) {
  state_->add(std::move(s), {});
  return *this;
}

scripted_connector& scripted_connector::otherwise(script s) {
  state_->otherwise = std::move(s);
  return *this;
}

scripted_connector& scripted_connector::refuse(errc code) {
  state_->add(std::nullopt, code);
  return *this;
}

scripted_connector& scripted_connector::stall() {
  state_->delay = duration::max();
  state_->add(std::nullopt, errc::connect_timeout);
  return *this;
}

scripted_connector& scripted_connector::delay(duration d) {
  state_->delay = d;
  return *this;
}

asio::awaitable<net::stream_ptr> scripted_connector::connect(net::origin to, net::connect_times& times) {
  const auto ex = co_await asio::this_coro::executor;
  auto next = state_->take();
  if (next.takes != duration{}) {
    auto& time = time_of(ex);
    const auto until = after(time.now(), next.takes);
    auto wait = [&time, &ex, until](auto handler) { time.async_wait(ex, until, std::move(handler)); };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(wait, asio::use_awaitable);
  }
  if (next.fails != errc{})
    throw error(next.fails, "the scripted network refused the connection");
  auto record = std::make_shared<recording>();
  record->to = std::move(to);
  state_->connections.push_back(record);
  times.connect = next.takes;
  co_return play(ex, std::move(*next.plays), std::move(record));
}

std::size_t scripted_connector::attempts() const noexcept { return state_->attempts; }
std::size_t scripted_connector::opened() const noexcept { return state_->connections.size(); }

std::size_t scripted_connector::closed() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(state_->connections.begin(), state_->connections.end(), [](const auto& c) { return c->closed; }));
}

const std::vector<std::shared_ptr<recording>>& scripted_connector::connections() const noexcept {
  return state_->connections;
}

std::string scripted_connector::problems() const {
  auto text = state_->problems;
  for (const auto& c : state_->connections)
    for (const auto& p : c->problems)
      text += p + '\n';
  return text;
}

} // namespace weir::inline v0::testing
