// Calls and inputs for the tests of map().
#pragma once

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <weir/core/generator.hpp>
#include <weir/core/map.hpp>

#include "core/support.hpp"

namespace map_test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using weir::errc;

// What the calls of one test did.
struct calls {
  int started = 0;
  int running = 0;
  int most = 0;
  int cancelled = 0;
};

class running {
public:
  explicit running(calls& c) : calls_(c) {
    ++c.started;
    c.most = std::max(c.most, ++c.running);
  }
  running(const running&) = delete;
  ~running() { --calls_.running; }

private:
  calls& calls_;
};

inline asio::awaitable<int> after(calls& c, weir::duration d, int v) {
  const running here(c);
  try {
    co_await weir::sleep_for(d);
  } catch (const boost::system::system_error&) {
    ++c.cancelled;
    throw;
  }
  co_return v;
}

// The element's number of seconds, and then the element.
inline auto seconds(calls& c) {
  return [&c](int v) { return after(c, std::chrono::seconds(v), v); };
}

inline asio::awaitable<int> refused(std::string why) {
  co_await weir::sleep_for(1ms);
  throw weir::error(errc::bad_request, why);
}

inline weir::generator<int> counting(int& taken, weir::duration each = 0s) {
  for (;; ++taken) {
    if (each != 0s)
      co_await weir::sleep_for(each);
    co_yield taken;
  }
}

inline weir::generator<int> breaks_after(int n, weir::duration each) {
  for (int i = 0; i < n; ++i) {
    co_await weir::sleep_for(each);
    co_yield i;
  }
  throw std::runtime_error("the input broke");
}

template <class T>
asio::awaitable<std::vector<T>> values(weir::mapped<T> m) {
  std::vector<T> all;
  while (auto item = co_await m.next())
    all.push_back(std::move(item->result.value()));
  co_return all;
}

template <class T>
asio::awaitable<errc> end_of(weir::mapped<T>& m) {
  try {
    while (auto item = co_await m.next()) {
    }
  } catch (const weir::error& e) {
    co_return static_cast<errc>(e.code().value());
  }
  co_return errc{};
}

inline std::vector<int> upto(int n) {
  std::vector<int> all;
  for (int i = 0; i < n; ++i)
    all.push_back(i);
  return all;
}

} // namespace map_test
