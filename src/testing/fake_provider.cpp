// The provider that gives a test's answers, declared in weir/testing/fake_provider.hpp.
#include <boost/asio/this_coro.hpp>

#include <deque>
#include <mutex>
#include <utility>

#include "testing/fake_response.hpp"
#include <weir/net/stream.hpp>

namespace weir::inline v0::testing {

namespace asio = boost::asio;

// The network of its clients as well: each connection is a server that asks this state for its responses.
class fake_provider::state final : public net::connector, public std::enable_shared_from_this<state> {
public:
  explicit state(std::vector<response> first)
      : responses(std::make_move_iterator(first.begin()), std::make_move_iterator(first.end())) {}

  asio::awaitable<net::stream_ptr> connect(net::origin, net::connect_times&) override {
    const auto ex = co_await asio::this_coro::executor;
    script server;
    server.react(
        [self = shared_from_this()](std::string_view bytes, script& then) { return self->serve(bytes, then); });
    co_return play(ex, std::move(server));
  }

  std::size_t serve(std::string_view bytes, script& then) {
    seen_request seen;
    const auto length = parse_request(bytes, seen);
    if (length == 0)
      return 0;
    response_bytes::add(then, next(seen), seen);
    return length;
  }

  response next(const seen_request& seen) {
    const std::lock_guard lock(mutex);
    requests.push_back(seen);
    if (!responses.empty()) {
      auto r = std::move(responses.front());
      responses.pop_front();
      return r;
    }
    if (otherwise)
      return *otherwise;
    return refusal(400, "weir::testing: no response is left for this request, number " +
                            std::to_string(requests.size()) + ": add one to the fake provider");
  }

  mutable std::mutex mutex;
  std::deque<response> responses;
  std::optional<response> otherwise;
  std::vector<seen_request> requests;
};

response answer(std::string text) { return stream_of({std::move(text)}); }

response stream_of(std::vector<std::string> pieces) {
  response r(response::kind::text);
  r.pieces_ = std::move(pieces);
  return r;
}

response tool_call(std::string tool, std::string arguments) {
  response r(response::kind::call);
  r.name_ = std::move(tool);
  r.pieces_.push_back(std::move(arguments));
  return r;
}

response refusal(int status, std::string message) {
  response r(response::kind::refused);
  r.status_ = status;
  r.pieces_.push_back(std::move(message));
  return r;
}

response raw_response(int status, std::string content_type, std::string body) {
  response r(response::kind::raw);
  r.status_ = status;
  r.name_ = std::move(content_type);
  r.pieces_.push_back(std::move(body));
  return r;
}

response broken_connection() { return response(response::kind::broken); }

response silence() { return response(response::kind::silent); }

std::string_view seen_request::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers)
    if (key == name)
      return value;
  return {};
}

fake_provider::fake_provider() : fake_provider(std::vector<response>()) {}
fake_provider::fake_provider(std::initializer_list<response> responses)
    : fake_provider(std::vector<response>(responses)) {}
fake_provider::fake_provider(std::vector<response> responses) : state_(std::make_shared<state>(std::move(responses))) {}

fake_provider& fake_provider::then(response r) {
  const std::lock_guard lock(state_->mutex);
  state_->responses.push_back(std::move(r));
  return *this;
}

fake_provider& fake_provider::otherwise(std::optional<response> r) {
  const std::lock_guard lock(state_->mutex);
  state_->otherwise = std::move(r);
  return *this;
}

options fake_provider::options() const {
  return weir::options().base_url("https://testing.invalid").model("test").connector(state_);
}

std::vector<seen_request> fake_provider::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

std::size_t fake_provider::left() const {
  const std::lock_guard lock(state_->mutex);
  return state_->responses.size();
}

options options_for(std::initializer_list<response> responses) { return fake_provider(responses).options(); }

} // namespace weir::inline v0::testing
