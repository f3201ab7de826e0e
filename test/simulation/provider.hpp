// A provider on the simulated network, as unreliable as a seed makes it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/random.hpp>
#include <weir/net/stream.hpp>
#include <weir/testing.hpp>

namespace weir::inline v0::simulation {

/// How often each fault happens, as a share of the requests or connections; the rest succeeds.
class weather {
public:
  weather() = default;
  double refused = 0;     ///< The connection is refused.
  double unreachable = 0; ///< Connecting runs into its timeout.
  double throttled = 0;   ///< 429, half of them with a retry-after.
  double busy = 0;        ///< 503 or 529.
  double broken = 0;      ///< 500.
  double poor = 0;        ///< 402.
  double silent = 0;      ///< No response ever.
  double slow = 0;        ///< The first token takes 5 to 20 s.
  double cut = 0;         ///< The connection breaks somewhere in the answer.
  double ended = 0;       ///< An orderly close somewhere in the answer.
  double stuck = 0;       ///< The answer stalls somewhere.
  double unfinished = 0;  ///< The body ends in order, before the answer is complete.
  double in_band = 0;     ///< An error event somewhere in the answer.
  double one_shot = 0.3;  ///< The connection is closed after the answer.
  bool lasting = false;   ///< Answers have dozens of tokens and take seconds, as real ones do.
};

/// One request that a server has worked on, and the text that it would send in full.
class served {
public:
  served() = default;
  std::string text;
  int tokens = 0;
};

/// Every connection is a script made from the seed: some requests, each answered according to
/// the weather. Object lifetimes: streams may outlive it. Thread safety: none.
class provider final : public net::connector {
public:
  provider(std::uint64_t seed, weather w) : random_(seed), weather_(w) {}

  /// Responses in one piece instead of streams.
  void whole_answers() { whole_ = true; }
  /// The weather for connections opened from now on.
  void now(weather w) { weather_ = w; }

  boost::asio::awaitable<net::stream_ptr> connect(net::origin to, net::connect_times& times) override;

  /// Every planned answer, partial or complete: streams and others.
  const std::vector<served>& answers() const noexcept { return answers_; }
  std::size_t connections() const noexcept { return recordings_.size(); }
  std::size_t live() const noexcept;
  std::string problems() const;
  /// Requests that arrived, completely or in part.
  std::size_t requests() const;

private:
  testing::script conversation();
  bool answer(testing::script& s);
  bool stream(testing::script& s, bool last);
  std::string refusal(int status, std::string_view headers);
  bool chance(double share) { return random_.uniform() < share; }
  duration between(duration low, duration high);

  random_source random_;
  weather weather_;
  bool whole_ = false;
  std::vector<served> answers_;
  std::vector<std::shared_ptr<testing::recording>> recordings_;
};

} // namespace weir::inline v0::simulation
