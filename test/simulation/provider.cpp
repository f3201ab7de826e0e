#include "simulation/provider.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

#include <weir/core/backoff.hpp>
#include <weir/core/error.hpp>

#include "client/answers.hpp"

namespace weir::inline v0::simulation {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::script;

namespace {

std::vector<std::string> tokens_of(std::size_t answer, int count) {
  std::vector<std::string> tokens;
  for (int i = 0; i < count; ++i)
    tokens.push_back("a" + std::to_string(answer) + "t" + std::to_string(i) + ' ');
  return tokens;
}

} // namespace

duration provider::between(duration low, duration high) {
  return low + duration(static_cast<duration::rep>(random_.below(static_cast<std::uint64_t>((high - low).count()))));
}

std::string provider::refusal(int status, std::string_view headers) {
  return test::answer(status, "application/json", R"({"error":{"message":"the weather is bad"}})", headers);
}

// Adds the response to a streaming request; false if the connection ends with it.
bool provider::stream(script& s, bool last) {
  const int count =
      weather_.lasting ? 20 + static_cast<int>(random_.below(20)) : 1 + static_cast<int>(random_.below(6));
  served work;
  const auto tokens = tokens_of(answers_.size(), count);
  for (const auto& t : tokens)
    work.text += t;
  work.tokens = count;
  answers_.push_back(work);
  auto bytes = whole_ ? test::answer(200, "application/json", test::chat_json(work.text))
                      : test::streamed(test::chat_events(tokens));
  if (last)
    bytes.insert(bytes.find("\r\n") + 2, "connection: close\r\n");
  s.pause(chance(weather_.slow) ? between(5s, 20s) : between(1ms, 400ms));
  std::size_t end = bytes.size();
  enum { whole, cut, close, stall, unfinished, in_band } how = whole;
  const double dice = random_.uniform();
  double limit = 0;
  for (const auto& [share, kind] :
       {std::pair{weather_.cut, cut}, std::pair{weather_.ended, close}, std::pair{weather_.stuck, stall},
        std::pair{weather_.unfinished, unfinished}, std::pair{weather_.in_band, in_band}}) {
    if (dice >= limit && dice < limit + share)
      how = kind;
    limit += share;
  }
  if ((how == in_band || how == unfinished) && whole_)
    how = cut;
  if (how != whole)
    end = random_.below(bytes.size());
  if (how == in_band || how == unfinished) {
    // Between two chunks: nothing, or an error event, in place of the rest.
    const auto head = bytes.find("\r\n\r\n") + 4;
    const auto at = bytes.find("\r\n\r\n", std::max(head, end));
    end = at == std::string::npos ? head : std::min(bytes.size(), bytes.find("\r\n", at + 2) + 2);
    end = std::min(end, bytes.rfind("0\r\n\r\n"));
    bytes.resize(end);
    if (how == in_band)
      bytes += test::chunk(test::sse(R"({"error":{"message":"overloaded, try again","type":"overloaded_error"}})"));
    bytes += test::last_chunk;
    end = bytes.size();
  }
  s.slice(random_.below(3) == 0 ? 1 + random_.below(40) : 0);
  for (std::size_t at = 0; at < end;) {
    const auto n = std::min<std::size_t>(end - at, 1 + random_.below(400));
    s.reply(bytes.substr(at, n));
    at += n;
    if (weather_.lasting || chance(0.5))
      s.pause(weather_.lasting ? between(100ms, 500ms) : between(1ms, 300ms));
  }
  switch (how) {
  case cut: s.cut(); return false;
  case close: s.close(); return false;
  case stall: s.stall(); return false;
  default: break;
  }
  if (last)
    s.close();
  return !last;
}

bool provider::answer(script& s) {
  const bool last = chance(weather_.one_shot);
  s.expect("POST /v1/chat/completions").expect("\"messages\"");
  double dice = random_.uniform();
  const auto falls = [&dice](double share) {
    dice -= share;
    return dice < 0;
  };
  if (falls(weather_.throttled)) {
    s.pause(between(1ms, 50ms)).reply(refusal(429, chance(0.5) ? "retry-after: 1\r\n" : ""));
  } else if (falls(weather_.busy)) {
    s.pause(between(1ms, 50ms)).reply(refusal(chance(0.5) ? 503 : 529, ""));
  } else if (falls(weather_.broken)) {
    s.pause(between(1ms, 50ms)).reply(refusal(500, ""));
  } else if (falls(weather_.poor)) {
    s.pause(between(1ms, 50ms)).reply(refusal(402, ""));
  } else if (falls(weather_.silent)) {
    s.stall();
    return false;
  } else {
    return stream(s, last);
  }
  return true;
}

script provider::conversation() {
  script s;
  for (int i = 0; i < 8; ++i)
    if (!answer(s))
      return s;
  return s.close();
}

asio::awaitable<net::stream_ptr> provider::connect(net::origin to, net::connect_times& times) {
  const auto ex = co_await asio::this_coro::executor;
  const auto takes = between(1ms, 80ms);
  const bool refused = chance(weather_.refused);
  const bool unreachable = chance(weather_.unreachable);
  co_await sleep_for(unreachable ? duration(3s) : takes);
  if (unreachable)
    throw error(errc::connect_timeout, "the simulated network did not answer");
  if (refused)
    throw error(errc::connect_failed, "the simulated network refused the connection");
  times.connect = takes;
  auto record = std::make_shared<testing::recording>();
  record->to = std::move(to);
  recordings_.push_back(record);
  co_return testing::play(ex, conversation(), std::move(record));
}

std::size_t provider::live() const noexcept {
  return static_cast<std::size_t>(
      std::count_if(recordings_.begin(), recordings_.end(), [](const auto& r) { return !r->closed; }));
}

std::string provider::problems() const {
  std::string all;
  for (const auto& r : recordings_)
    for (const auto& p : r->problems)
      all += p + '\n';
  return all;
}

std::size_t provider::requests() const {
  std::size_t n = 0;
  for (const auto& r : recordings_)
    for (std::size_t at = r->sent.find("POST "); at != std::string::npos; at = r->sent.find("POST ", at + 1))
      ++n;
  return n;
}

} // namespace weir::inline v0::simulation
