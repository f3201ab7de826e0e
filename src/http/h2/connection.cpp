#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>

#include <utility>

#include "core/async/post_handler.hpp"
#include "core/async/ration.hpp"
#include "http/exchange/read_buffer.hpp"
#include "http/h2/connection.hpp"

namespace weir::inline v0::http::h2 {

namespace asio = boost::asio;

namespace {

// In one turn, after which others run.
constexpr std::size_t most_read = 2 * ration::size;
constexpr std::size_t most_written = 4 * session::most_output;

constexpr std::string_view no_memory = "there is no memory for the connection";

void call(std::function<void()> changed) { changed(); }

} // namespace

std::shared_ptr<connection> connection::make(net::shared_stream over, const asio::any_io_executor& ex,
                                             session_settings settings, troubled tell) {
  return std::make_shared<connection>(std::move(over), ex, settings, std::move(tell));
}

connection::connection(net::shared_stream over, const asio::any_io_executor& ex, session_settings settings,
                       troubled tell)
    : executor_(ex), time_(time_of(ex)), stream_(std::move(over)), session_(settings), tell_(std::move(tell)),
      told_capacity_(session_.capacity()) {
  // After those whose calls are open: what waits then, nobody ended.
  attach(asio::query(ex, asio::execution::context), turn::late);
}

connection::~connection() = default;

bool connection::healthy() noexcept {
  if (!stream_)
    return false;
  if (session_.open_transfers() == 0) {
    read();
    flush();
  }
  return capacity() > 0;
}

void connection::close() noexcept {
  session_.lost("the connection was closed");
  stream_.close();
  settle_soon();
}

void connection::watch(std::function<void()> changed) noexcept {
  changed_ = std::move(changed);
  told_capacity_ = capacity();
}

void connection::open(waited_transfer& t, std::shared_ptr<const request> r) {
  session_.open(t, std::move(r), time_.now());
  if (!settling_)
    flush();
  watch_peer();
  if (session_.over() || t.over())
    settle_soon();
}

std::optional<std::string_view> connection::take(waited_transfer& t) {
  const auto piece = session_.take(t);
  if (!settling_ && session_.wants_output())
    flush();
  return piece;
}

void connection::wait(waited_transfer& t, net::stream::wait_handler handler) {
  if (t.is_readable())
    return post_handler(executor_, std::move(handler), error_code());
  t.handler_.emplace(std::move(handler));
  t.next_waited_ = waited_;
  if (waited_)
    waited_->prev_waited_ = &t;
  waited_ = &t;
  if (auto slot = asio::get_associated_cancellation_slot(*t.handler_); slot.is_connected())
    slot.assign([weak = t.weak_from_this(), here = weak_from_this()](asio::cancellation_type type) {
      const auto waits = weak.lock();
      const auto self = here.lock();
      if (waits && self && type != asio::cancellation_type::none)
        self->abort_wait(*waits);
    });
}

void connection::leave(waited_transfer& t) noexcept {
  abort_wait(t);
  session_.leave(t);
  if (settling_)
    return;
  flush();
  watch_peer();
  if (session_.over() || capacity() != told_capacity_)
    settle_soon();
}

void connection::unlist(waited_transfer& t) noexcept {
  (t.prev_waited_ ? t.prev_waited_->next_waited_ : waited_) = t.next_waited_;
  if (t.next_waited_)
    t.next_waited_->prev_waited_ = t.prev_waited_;
  t.prev_waited_ = t.next_waited_ = nullptr;
}

net::stream::wait_handler connection::take_handler(waited_transfer& t) noexcept {
  unlist(t);
  if (auto slot = asio::get_associated_cancellation_slot(*t.handler_); slot.is_connected())
    slot.clear();
  auto handler = std::move(*t.handler_);
  t.handler_.reset();
  return handler;
}

void connection::abort_wait(waited_transfer& t) noexcept {
  if (t.handler_)
    post_handler(executor_, take_handler(t), error_code(asio::error::operation_aborted));
}

void connection::on_shutdown() noexcept {
  const auto self = weak_from_this().lock();
  session_.lost("the context was shut down");
  stream_.close();
  alarm_.cancel();
  while (waited_) {
    // Destroys the frames that wait, and with them their exchanges.
    const auto handler = take_handler(*waited_);
  }
}

void connection::read() noexcept {
  read_buffer buffer;
  std::size_t had = 0;
  const auto now = time_.now();
  while (stream_ && !session_.over()) {
    if (had >= most_read) {
      read_more_ = true;
      return;
    }
    error_code ec;
    try {
      buffer.take();
    } catch (const std::bad_alloc&) {
      ec = make_error_code(boost::system::errc::not_enough_memory);
    }
    const auto n = ec ? 0 : stream_->read_some(asio::buffer(buffer.data(), read_buffer::size), ec);
    if (n > 0)
      session_.receive(std::string_view(buffer.data(), n), now);
    had += n;
    if (ec == asio::error::would_block)
      return;
    if (ec)
      broken(ec);
  }
}

void connection::broken(error_code ec) noexcept {
  if (ec == asio::error::eof || ec == errc::connection_lost) {
    session_.lost("the server closed the connection");
  } else {
    try {
      session_.lost(ec.message());
    } catch (const std::bad_alloc&) {
      session_.lost("the connection broke");
    }
  }
}

void connection::flush() noexcept {
  std::size_t had = 0;
  while (stream_ && !writing_) {
    const auto out = session_.output();
    if (out.empty())
      return;
    if (had >= most_written)
      return settle_soon();
    error_code ec;
    const auto n = stream_->write_some(asio::buffer(out), ec);
    session_.written(n);
    had += n;
    if (ec == asio::error::would_block) {
      if (!session_.over())
        wait_for(net::direction::write);
      return;
    }
    if (ec) {
      read(); // what the peer has said before
      broken(ec);
      return settle_soon();
    }
  }
}

void connection::wait_for(net::direction d) noexcept {
  try {
    begin_wait(d);
  } catch (const std::bad_alloc&) {
    (d == net::direction::read ? reading_ : writing_) = false;
    session_.lost(no_memory);
    settle_soon();
  }
}

void connection::begin_wait(net::direction d) {
  auto& pending = d == net::direction::read ? reading_ : writing_;
  pending = true;
  auto ready = [self = shared_from_this(), d, &pending](error_code ec) {
    pending = false;
    if (d == net::direction::write && !ec)
      self->session_.unblocked(self->time_.now());
    if (d == net::direction::read && !ec)
      self->read();
    else if (ec && ec != asio::error::operation_aborted)
      self->broken(ec);
    self->settle();
  };
  auto bound = asio::bind_executor(executor_, std::move(ready));
  if (d == net::direction::read)
    net::wait_sharing(stream_.share(), d, asio::bind_cancellation_slot(stop_reading_.slot(), std::move(bound)));
  else
    net::wait_sharing(stream_.share(), d, std::move(bound));
}

// Reads on while somebody is interested.
void connection::watch_peer() noexcept {
  // A peer that takes nothing is not waited for once nobody wants anything of it.
  if (writing_ && !session_.has_transfers()) {
    session_.lost("the server took no more bytes");
    stream_.close();
  }
  if (!stream_)
    return alarm_.cancel();
  const bool wanted = session_.open_transfers() > 0 && !session_.over();
  if (wanted && read_more_)
    settle_soon();
  else if (wanted && !reading_)
    wait_for(net::direction::read);
  else if (!wanted && reading_)
    stop_reading_.emit(asio::cancellation_type::terminal);
  try {
    set_alarm();
  } catch (const std::bad_alloc&) {
    session_.lost(no_memory);
    settle_soon();
  }
}

void connection::set_alarm() {
  const auto when = session_.next_event();
  if (when == never)
    alarm_.cancel();
  else if (when < alarm_.when())
    alarm_.set(time_, executor_, when, [this] {
      const auto self = shared_from_this();
      session_.tick(time_.now());
      settle();
    });
}

void connection::settle_soon() noexcept {
  if (std::exchange(soon_, true))
    return;
  try {
    post_handler(executor_, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self)
        return;
      self->soon_ = false;
      if (std::exchange(self->read_more_, false))
        self->read();
      self->settle();
    });
  } catch (const std::bad_alloc&) {
    soon_ = false; // the next event does it
  }
}

// After whatever may have changed something; only from the connection's own handlers.
void connection::settle() {
  const auto self = shared_from_this();
  flush();
  deliver();
  flush();
  if (session_.over())
    stream_.close();
  watch_peer();
  tell();
}

void connection::deliver() {
  settling_ = true;
  while (auto* const t = session_.next_changed()) {
    auto& waited = static_cast<waited_transfer&>(*t);
    if (!waited.handler_)
      continue;
    auto handler = take_handler(waited);
    try {
      std::move(handler)(error_code());
    } catch (...) {
      settling_ = false;
      settle_soon();
      throw;
    }
  }
  settling_ = false;
}

void connection::tell() {
  trouble found;
  found.silent = session_.fell_silent();
  found.requires_h1 = session_.requires_h1();
  if (tell_ && (found.silent || found.requires_h1))
    std::exchange(tell_, nullptr)(found);
  const auto now = capacity();
  if (now != std::exchange(told_capacity_, now) && changed_)
    call(changed_); // It may let go of the function itself.
}

} // namespace weir::inline v0::http::h2
