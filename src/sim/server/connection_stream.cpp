// A stream of events: when each of them goes out.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

#include "sim/server/connection.hpp"

namespace weir::inline v0::sim {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

// As in connection.cpp, every coroutine here that awaits in a condition declares a variable, for g++ 12.2.

constexpr auto no_throw = asio::as_tuple(asio::deferred);
/// One TLS record: what a saturated stream gathers for one write.
constexpr std::size_t batch_bytes = 16u << 10;
/// Upper bound of what framing adds to an event.
constexpr std::size_t chunk_overhead = 24;
/// After this many batches, another stream gets its turn.
constexpr int batches_per_turn = 4;

/// The position inside the first multi-byte character; 0 if there is none.
std::size_t inside_character(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (static_cast<unsigned char>(text[i]) >= 0xC0)
      return i + 1;
  return 0;
}

} // namespace

duration connection::gap_of(plan& p) const {
  const auto own = p.next_gap ? p.next_gap() : p.gap;
  const double rate = house_->how.capacity.tokens_per_s;
  if (rate <= 0)
    return own;
  const double shared = static_cast<double>(house_->seen->streams_open.load()) / rate;
  return std::max(own, duration(static_cast<duration::rep>(shared * 1e9)));
}

asio::awaitable<bool> connection::send_stream(plan& p) {
  const counted open(house_->seen->streams_open);
  if (!co_await flush())
    co_return false;
  stream_ = streaming();
  stream_.how = &p;
  stream_.due = after_stalls(clock::now() + p.first);
  stream_.next = stream_.due > clock::now() ? step::wait : advance();
  for (;;) {
    switch (stream_.next) {
    case step::wait:
      if (!co_await until_due())
        co_return false;
      continue; // on_due() has said what is next
    case step::flush:
      if (!co_await flush())
        co_return false;
      break;
    case step::yield: co_await asio::post(socket_.get_executor(), asio::deferred); break;
    case step::piece:
      if (!co_await send_piece(p))
        co_return false;
      stream_.holds = false;
      break;
    case step::stall: co_await flush(); co_return co_await outlast_peer();
    case step::end: co_return co_await send_end(p);
    }
    stream_.next = advance();
  }
}

/// Stages what is due, as far as that goes without waiting.
connection::step connection::advance() {
  auto& p = *stream_.how;
  for (;;) {
    if (!stream_.holds) {
      const auto kind = p.events->next(event_);
      if (kind == piece::end)
        return step::end;
      if (kind == piece::token && p.stall_after == stream_.tokens)
        return step::stall;
      stream_.holds = true;
      const auto gap = kind == piece::token && stream_.tokens++ > 0 ? gap_of(p) : duration();
      if (gap > duration::zero()) {
        stream_.due = after_stalls(stream_.due + gap);
        return step::wait;
      }
    }
    if (out_.size() + event_.size() + chunk_overhead > batch_bytes) {
      if (!try_flush())
        return step::flush;
      if (++stream_.batches % batches_per_turn == 0)
        return step::yield;
    }
    if (p.split_characters || p.breaks)
      return step::piece;
    stage(p, event_);
    stream_.holds = false;
  }
}

/// In the usual case an event costs no coroutine.
std::optional<connection::clock::time_point> connection::on_due() {
  stream_.next = advance();
  if (stream_.next == step::wait && try_flush())
    return stream_.due;
  timer_.cancel();
  return std::nullopt;
}

/// Until on_due() has come to something that it cannot do. False if the peer or the server has closed the connection.
asio::awaitable<bool> connection::until_due() {
  const auto pace = house_->pace;
  if (!try_flush()) {
    if (!co_await flush())
      co_return false;
  }
  if (gone_ || closed_)
    co_return false;
  pace->add(*this, stream_.due);
  timer_.expires_at(clock::time_point::max());
  co_await timer_.async_wait(no_throw);
  pace->remove(*this); // it may be there still: others wake the timer too
  co_return !gone_ && !closed_;
}

/// Sends event_ with the plan's modifications: characters split over two chunks and two writes, or the end of the
/// connection in the middle.
asio::awaitable<bool> connection::send_piece(plan& p) {
  const auto middle = p.split_characters ? inside_character(event_) : 0;
  bool intact = true;
  if (middle != 0) {
    intact = stage(p, std::string_view(event_).substr(0, middle));
    if (!co_await flush())
      co_return false;
    co_await asio::post(socket_.get_executor(), asio::deferred);
  }
  if (intact)
    intact = stage(p, std::string_view(event_).substr(middle));
  if (intact)
    co_return true;
  co_await flush();
  break_off(p);
  co_return false;
}

/// Closes the connection in the way the plan specifies.
void connection::break_off(const plan& p) {
  if (closed_ || gone_)
    return;
  error_code ignored;
  switch (p.breaks->kind) {
  case break_kind::orderly: wire_->goodbye(); break;
  case break_kind::reset: socket_.set_option(tcp::socket::linger(true, 0), ignored); break;
  case break_kind::in_chunk: break;
  }
  close();
}

} // namespace weir::inline v0::sim
