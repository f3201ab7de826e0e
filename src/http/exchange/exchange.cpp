#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

#include "core/async/ration.hpp"
#include "http/exchange/exchange.hpp"

namespace weir::inline v0::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t read_past = 64u << 10;

} // namespace

asio::awaitable<std::string_view> exchange::read_some_body() {
  for (;;) {
    if (overdue())
      co_await give_way();
    if (const auto piece = try_body())
      co_return *piece;
    start_wait start(*this);
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(std::move(start),
                                                                                   asio::use_awaitable);
  }
}

asio::awaitable<std::string> exchange::read_body(std::size_t keep) {
  std::string kept;
  std::size_t dropped = 0;
  for (;;) {
    const auto piece = co_await read_some_body();
    if (piece.empty())
      co_return kept;
    const auto n = std::min(piece.size(), keep - kept.size());
    kept += piece.substr(0, n);
    dropped += piece.size() - n;
    if (dropped > read_past) {
      abandon();
      co_return kept;
    }
  }
}

failure exchange::refusal_of(error_code ec, std::string_view problem, std::string_view coding, int status) {
  std::string words(problem);
  if (ec == errc::unexpected_content && coding.size() < 64 && !coding.empty() &&
      std::all_of(coding.begin(), coding.end(), [](char c) { return c > ' ' && c < '\x7f'; }))
    words.append(" (").append(coding).append("): is there a proxy in between that compresses?");
  return failure(ec, std::move(words)).status(status);
}

bool exchange::finish(std::size_t limit) noexcept {
  try {
    std::size_t read = 0;
    while (!ended() && read <= limit) {
      const auto piece = try_body();
      if (!piece)
        return false;
      read += piece->size();
    }
  } catch (...) {
    return false;
  }
  return reusable();
}

} // namespace weir::inline v0::http
