// The stream that plays a script, declared in weir/testing.hpp.
#include <boost/asio/associator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/query.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include "testing/parked.hpp"
#include <weir/testing.hpp>

namespace weir::inline v0::testing {

namespace asio = boost::asio;

// The far side: plays the steps and holds what is on its way. Shared with the pause's handler.
class scripted_peer : public std::enable_shared_from_this<scripted_peer> {
public:
  scripted_peer(asio::any_io_executor ex, script s, std::shared_ptr<recording> r)
      : executor_(std::move(ex)),
        parking_(asio::use_service<parking>(asio::query(executor_, asio::execution::context))),
        steps_(std::move(s.steps_)), record_(r ? std::move(r) : std::make_shared<recording>()) {}

  std::size_t read(asio::mutable_buffer out, error_code& ec) {
    ec = {};
    play();
    if (record_->closed) {
      ec = asio::error::bad_descriptor;
      return 0;
    }
    if (inbound_.empty() && end_) {
      ec = *end_;
      return 0;
    }
    if (inbound_.empty() || std::exchange(gap_, false)) {
      ec = asio::error::would_block;
      return 0;
    }
    auto& first = inbound_.front();
    auto n = std::min(out.size(), first.bytes.size() - first.taken);
    if (first.slice != 0)
      n = std::min(n, first.slice);
    if (n == 0) {
      problem("a read into an empty buffer");
      ec = asio::error::invalid_argument;
      return 0;
    }
    std::memcpy(out.data(), first.bytes.data() + first.taken, n);
    first.taken += n;
    record_->received += n;
    gap_ = first.slice != 0;
    if (first.taken == first.bytes.size())
      inbound_.pop_front();
    return n;
  }

  std::size_t write(asio::const_buffer in, error_code& ec) {
    ec = {};
    play();
    const std::string_view bytes(static_cast<const char*>(in.data()), in.size());
    if (record_->closed || write_error_) {
      ec = record_->closed ? error_code(asio::error::bad_descriptor) : *write_error_;
      return 0;
    }
    if (!blocked_.empty() && !bytes.starts_with(blocked_))
      problem("a write after would_block with other bytes");
    blocked_.clear();
    if (bytes.empty())
      return 0;
    if (std::exchange(write_gap_, false) || writes_blocked_) {
      blocked_ = bytes;
      ec = asio::error::would_block;
      return 0;
    }
    const auto n = accept_ == 0 ? bytes.size() : std::min(bytes.size(), accept_);
    write_gap_ = accept_ != 0;
    record_->sent.append(bytes.substr(0, n));
    play();
    return n;
  }

  // A wait as its handler knows it: under way until that is called, which is later than it completes.
  class under_way {
  public:
    under_way(std::shared_ptr<scripted_peer> p, net::stream::wait_handler h)
        : handler_(std::move(h)), peer_(std::move(p)) {
      ++peer_->under_way_;
    }
    under_way(under_way&&) noexcept = default;
    under_way& operator=(under_way&&) = delete;
    ~under_way() { over(); }
    void operator()(error_code ec) {
      over();
      std::move(handler_)(ec);
    }
    const net::stream::wait_handler& handler() const noexcept { return handler_; }

  private:
    void over() noexcept {
      if (const auto peer = std::exchange(peer_, nullptr))
        --peer->under_way_;
    }

    net::stream::wait_handler handler_;
    std::shared_ptr<scripted_peer> peer_;
  };

  // Real sockets forgive neither: the operation that is under way, and the slot by which it is cancelled,
  // lead into the object.
  void destroyed() noexcept {
    destroyed_ = true;
    if (under_way_ != 0)
      misuse("a stream was destroyed under a pending wait: close it, and keep it until the wait has completed");
    close();
  }

  void wait(net::direction d, parked w) {
    if (waiting(d) != 0)
      problem("two waits in one direction");
    play();
    if (record_->closed) {
      w.complete(asio::error::operation_aborted);
      return;
    }
    if (ready(d)) {
      w.complete({});
      return;
    }
    auto slot = w.slot();
    waiting(d) = parking_.add(std::move(w));
    if (slot.is_connected())
      slot.assign([weak = weak_from_this(), d](asio::cancellation_type type) {
        const auto self = weak.lock();
        if (!self || type == asio::cancellation_type::none)
          return;
        if (self->destroyed_)
          self->misuse("a wait was cancelled whose stream had been destroyed");
        self->end_wait(d, asio::error::operation_aborted);
      });
  }

  void close() noexcept {
    if (std::exchange(record_->closed, true))
      return;
    paused_.emit(asio::cancellation_type::terminal);
    end_wait(net::direction::read, asio::error::operation_aborted);
    end_wait(net::direction::write, asio::error::operation_aborted);
  }

  bool idle_and_healthy() {
    play();
    return !record_->closed && inbound_.empty() && !end_ && !write_error_;
  }

  // Plays every step that can be played now.
  void play() {
    while (!pausing_ && at_ < steps_.size() && play_one(steps_[at_]))
      ++at_;
    record_->finished = at_ == steps_.size();
    for (const auto d : {net::direction::read, net::direction::write})
      if (ready(d))
        end_wait(d, {});
  }

private:
  class segment {
  public:
    segment(std::string b, std::size_t s) : bytes(std::move(b)), slice(s) {}
    std::string bytes;
    std::size_t slice;
    std::size_t taken = 0;
  };

  bool play_one(script::step& step) {
    using kind = script::kind;
    switch (step.what) {
    case kind::expect: {
      const auto found = record_->sent.find(step.text, matched_);
      if (found == std::string::npos)
        return false;
      matched_ = found + step.text.size();
      return true;
    }
    case kind::expect_bytes: {
      const auto so_far = std::string_view(record_->sent).substr(matched_, step.text.size());
      if (!std::string_view(step.text).starts_with(so_far)) {
        problem("other bytes than expected: " + std::string(so_far.substr(0, 200)));
        end_ = write_error_ = make_error_code(errc::connection_lost);
        at_ = steps_.size() - 1;
        return true;
      }
      if (so_far.size() < step.text.size())
        return false;
      matched_ += step.text.size();
      return true;
    }
    case kind::reply:
      if (!step.text.empty() && !end_)
        inbound_.emplace_back(step.text, slice_);
      return true;
    case kind::slice: slice_ = step.count; return true;
    case kind::accept: accept_ = step.count; return true;
    case kind::block_writes: writes_blocked_ = true; return true;
    case kind::pause:
      if (std::exchange(step.count, 1) != 0)
        return true;
      start_pause(step.length);
      return false;
    case kind::fail: end_ = write_error_ = step.ec; return true;
    case kind::refuse_writes: write_error_ = step.ec; return true;
    case kind::stall: return false;
    case kind::close: end_ = asio::error::eof; return true;
    case kind::react: return react(step);
    }
    return false;
  }

  // What follows takes the place of what was played, and the reaction comes again behind it.
  bool react(script::step again) {
    script then;
    const auto used = again.with(std::string_view(record_->sent).substr(matched_), then);
    if (used == 0)
      return false;
    matched_ += used;
    steps_ = std::move(then.steps_);
    steps_.insert(steps_.begin(), again);
    steps_.push_back(std::move(again));
    at_ = 0;
    return true;
  }

  void start_pause(duration d) {
    pausing_ = true;
    auto& time = time_of(executor_);
    auto over = [self = shared_from_this()](error_code) {
      self->pausing_ = false;
      if (!self->record_->closed)
        self->play();
    };
    time.async_wait(executor_, after(time.now(), d),
                    asio::bind_cancellation_slot(paused_.slot(), asio::bind_executor(executor_, std::move(over))));
  }

  bool ready(net::direction d) const noexcept {
    if (d == net::direction::write)
      return !writes_blocked_ || write_error_.has_value();
    return !inbound_.empty() || end_.has_value();
  }

  std::uint64_t& waiting(net::direction d) noexcept { return d == net::direction::read ? read_wait_ : write_wait_; }

  void end_wait(net::direction d, error_code ec) {
    if (const auto ticket = std::exchange(waiting(d), 0); ticket != 0)
      parking_.complete(ticket, ec);
  }

  void problem(std::string text) { record_->problems.push_back(std::move(text)); }
  void misuse(const char* text) {
    std::fprintf(stderr, "weir::testing: %s\n", text);
    problem(text);
  }

  asio::any_io_executor executor_;
  parking& parking_;
  std::vector<script::step> steps_;
  std::shared_ptr<recording> record_;
  std::size_t at_ = 0;
  bool pausing_ = false;
  asio::cancellation_signal paused_;

  std::deque<segment> inbound_;
  std::optional<error_code> end_;
  std::size_t slice_ = 0;
  bool gap_ = false;

  std::size_t matched_ = 0;
  std::optional<error_code> write_error_;
  std::size_t accept_ = 0;
  bool write_gap_ = false;
  bool writes_blocked_ = false;
  std::string blocked_;

  std::uint64_t read_wait_ = 0, write_wait_ = 0;
  int under_way_ = 0;
  bool destroyed_ = false;
};

} // namespace weir::inline v0::testing

template <template <typename, typename> class Associator, typename Default>
struct boost::asio::associator<Associator, weir::testing::scripted_peer::under_way, Default>
    : Associator<weir::net::stream::wait_handler, Default> {
  static decltype(auto) get(const weir::testing::scripted_peer::under_way& h) noexcept {
    return Associator<weir::net::stream::wait_handler, Default>::get(h.handler());
  }
  static decltype(auto) get(const weir::testing::scripted_peer::under_way& h, const Default& d) noexcept {
    return Associator<weir::net::stream::wait_handler, Default>::get(h.handler(), d);
  }
};

namespace weir::inline v0::testing {

namespace {

class scripted_stream final : public net::stream {
public:
  scripted_stream(asio::any_io_executor ex, script s, std::shared_ptr<recording> r)
      : executor_(ex), peer_(std::make_shared<scripted_peer>(ex, std::move(s), std::move(r))) {
    peer_->play();
  }
  ~scripted_stream() override { peer_->destroyed(); }

  std::size_t read_some(asio::mutable_buffer buffer, error_code& ec) override { return peer_->read(buffer, ec); }
  std::size_t write_some(asio::const_buffer buffer, error_code& ec) override { return peer_->write(buffer, ec); }
  void async_wait(net::direction d, wait_handler handler) override {
    peer_->wait(d, parked(executor_, scripted_peer::under_way(peer_, std::move(handler))));
  }
  void close() noexcept override { peer_->close(); }
  bool idle_and_healthy() noexcept override { return peer_->idle_and_healthy(); }
  std::string_view alpn() const noexcept override { return "http/1.1"; }

private:
  asio::any_io_executor executor_;
  std::shared_ptr<scripted_peer> peer_;
};

} // namespace

net::stream_ptr play(asio::any_io_executor executor, script s, std::shared_ptr<recording> record) {
  return std::make_unique<scripted_stream>(std::move(executor), std::move(s), std::move(record));
}

} // namespace weir::inline v0::testing
