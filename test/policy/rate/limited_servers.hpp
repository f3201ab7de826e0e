// Servers that limit the rate of calls, one of each kind.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <weir/core/time.hpp>

namespace weir::inline v0::test {

/// Takes some calls and refuses others.
class limited_server {
public:
  virtual ~limited_server() = default;
  /// How long until a call would be accepted; if a call is accepted now, takes it and returns nothing. Times do not go
  /// back.
  virtual std::optional<duration> refuses(duration now) = 0;
};

/// nginx's limit_req without a burst.
class leaky_server final : public limited_server {
public:
  explicit leaky_server(duration each) : each_(each), last_(-each) {}
  std::optional<duration> refuses(duration now) override {
    if (now - last_ < each_)
      return each_ - (now - last_);
    last_ = now;
    return std::nullopt;
  }

private:
  duration each_, last_;
};

class bucket_server final : public limited_server {
public:
  bucket_server(duration each, double size) : each_(each), size_(size), has_(size) {}
  std::optional<duration> refuses(duration now) override {
    has_ = std::min(size_, has_ + std::chrono::duration<double>(now - at_) / each_);
    at_ = now;
    if (has_ < 1)
      return std::chrono::duration_cast<duration>((1 - has_) * each_);
    --has_;
    return std::nullopt;
  }

private:
  std::chrono::duration<double, std::nano> each_;
  double size_, has_;
  duration at_{};
};

/// Fixed windows, one after the other.
class window_server final : public limited_server {
public:
  window_server(std::size_t calls, duration length) : calls_(calls), length_(length) {}
  std::optional<duration> refuses(duration now) override {
    const auto number = now / length_;
    used_ = number == number_ ? used_ : 0;
    number_ = number;
    if (used_ == calls_)
      return (number + 1) * length_ - now;
    ++used_;
    return std::nullopt;
  }

private:
  std::size_t calls_, used_ = 0;
  duration length_;
  std::int64_t number_ = 0;
};

/// A sliding window: so many calls in any span of its length.
class sliding_server final : public limited_server {
public:
  sliding_server(std::size_t calls, duration length) : calls_(calls), length_(length) {}
  std::optional<duration> refuses(duration now) override {
    while (!taken_.empty() && taken_.front() <= now - length_)
      taken_.pop_front();
    if (taken_.size() == calls_)
      return taken_.front() + length_ - now;
    taken_.push_back(now);
    return std::nullopt;
  }

private:
  std::size_t calls_;
  duration length_;
  std::deque<duration> taken_;
};

/// One kind of server, for a rate in calls per second.
class limited_kind {
public:
  using maker = std::function<std::unique_ptr<limited_server>(double rate)>;
  limited_kind(const char* name, maker make, duration window = {}, bool slides = false)
      : name(name), make(std::move(make)), window(window), slides(slides) {}
  const char* name;
  maker make;
  duration window;
  bool slides;
};

inline std::vector<limited_kind> limited_kinds() {
  using namespace std::chrono_literals;
  const auto each = [](double rate) { return duration(static_cast<duration::rep>(1e9 / rate)); };
  const auto leaky = [=](double rate) { return std::make_unique<leaky_server>(each(rate)); };
  const auto bucket = [=](duration holds) {
    const auto length = std::chrono::duration<double>(holds).count();
    return [=](double rate) { return std::make_unique<bucket_server>(each(rate), std::max(length * rate, 1.0)); };
  };
  const auto calls = [](double rate, duration in) {
    return static_cast<std::size_t>(rate * std::chrono::duration<double>(in).count());
  };
  const auto window = [=](duration in) {
    return [=](double rate) { return std::make_unique<window_server>(calls(rate, in), in); };
  };
  const auto sliding = [](double rate) {
    return std::make_unique<sliding_server>(static_cast<std::size_t>(10 * rate), 10s);
  };
  return {{"leaky", leaky},
          {"bucket of 2 s", bucket(2s)},
          {"bucket of 10 s", bucket(10s)},
          {"window of 1 s", window(1s), 1s},
          {"window of 10 s", window(10s), 10s},
          {"window of 1 min", window(1min), 1min},
          {"sliding 10 s", sliding, 30s, true}};
}

} // namespace weir::inline v0::test
