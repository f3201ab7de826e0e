#include "net/dial/proxy.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <array>

#include <weir/core/time.hpp>

#include "core/ascii.hpp"
#include "net/dial/forwarded_stream.hpp"
#include "net/wait.hpp"

namespace weir::inline v0::net {

namespace asio = boost::asio;

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// `HTTP/1.x SSS…`, or 0.
int status_of(std::string_view line) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || !is_digit(line[7]) || line[8] != ' ' || !is_digit(line[9]) ||
      !is_digit(line[10]) || !is_digit(line[11]) || (line.size() > 12 && is_digit(line[12])))
    return 0;
  return (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
}

// The value of a field, whose name is given in lower case; empty without.
std::string_view field_of(std::string_view head, std::string_view name) {
  for (auto end = head.find("\r\n"); end != std::string_view::npos; end = head.find("\r\n")) {
    head.remove_prefix(end + 2);
    if (head.size() > name.size() && head[name.size()] == ':' && equal_ignoring_case(head.substr(0, name.size()), name))
      return head.substr(name.size() + 1, head.find("\r\n") - name.size() - 1);
  }
  return {};
}

[[noreturn]] void refuse(const proxy& via, int status, std::string_view why) {
  failure f(errc::proxy_refused, "the proxy " + via.text() + ' ' + std::string(why));
  f.status(status);
  throw error(std::move(f));
}

// Whether a retry may succeed: the proxy is busy, or could not reach the target just now.
bool is_transient(int status) { return status == 429 || status == 502 || status == 503 || status == 504; }

[[noreturn]] void refuse_status(const proxy& via, const connect_answer& answer, const std::string& target,
                                wall_time now) {
  const int status = answer.status();
  if (status == 407)
    throw_unauthorized(via.text(), static_cast<bool>(via.basic));
  if (is_transient(status)) {
    failure f(errc::connect_failed,
              "the proxy " + via.text() + " answered " + std::to_string(status) +
                  (status == 429 || status == 503 ? ": it is busy, or cannot reach " : ": it could not reach ") +
                  target + " just now");
    f.status(status).retry_after(answer.retry_after(now));
    throw error(std::move(f));
  }
  refuse(via, status,
         "answered " + std::to_string(status) + " and does not connect to " + target +
             ": ask its operator, or name the host in NO_PROXY");
}

asio::awaitable<void> write_all(stream& s, std::string_view bytes) {
  while (!bytes.empty()) {
    error_code ec;
    const auto n = s.write_some(asio::const_buffer(bytes.data(), bytes.size()), ec);
    bytes.remove_prefix(n);
    if (ec == asio::error::would_block)
      co_await ready(s, direction::write);
    else if (ec)
      throw boost::system::system_error(ec);
  }
}

// Cleansed on every way out: it holds the credentials.
class request_text {
public:
  request_text(const proxy& via, const std::string& target) {
    const auto key = via.basic.reveal();
    text_.reserve(160 + 2 * target.size() + key.size());
    text_ += "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\nUser-Agent: weir\r\n";
    if (!key.empty()) {
      text_ += "Proxy-Authorization: Basic ";
      text_ += key;
      text_ += "\r\n";
    }
    text_ += "\r\n";
  }
  request_text(const request_text&) = delete;
  request_text& operator=(const request_text&) = delete;
  ~request_text() { cleanse(text_.data(), text_.size()); }
  std::string_view view() const noexcept { return text_; }

private:
  std::string text_;
};

asio::awaitable<connect_answer::state> ask(stream& s, const proxy& via, const std::string& target,
                                           connect_answer& answer) {
  const request_text request(via, target);
  co_await write_all(s, request.view());
  auto state = connect_answer::state::more;
  std::array<char, 512> buffer;
  while (state == connect_answer::state::more) {
    error_code ec;
    const auto n = s.read_some(asio::buffer(buffer), ec);
    state = answer.feed(std::string_view(buffer.data(), n));
    if (ec == asio::error::would_block)
      co_await ready(s, direction::read);
    else if (ec)
      throw boost::system::system_error(ec);
  }
  co_return state;
}

} // namespace

connect_answer::state connect_answer::feed(std::string_view bytes) {
  head_ += bytes;
  for (;;) {
    constexpr std::string_view start = "HTTP/1.";
    if (!start.starts_with(std::string_view(head_).substr(0, start.size())))
      return state::malformed;
    const auto end = head_.find("\r\n\r\n");
    const auto size = end == std::string::npos ? head_.size() : end + 4;
    if (skipped_ + size > limit)
      return state::too_large;
    if (end == std::string::npos)
      return state::more;
    status_ = status_of(std::string_view(head_).substr(0, head_.find("\r\n")));
    if (status_ < 100)
      return state::malformed;
    const bool last = status_ >= 200;
    if (last && status_ < 300)
      return head_.size() == size ? state::open : state::unasked_bytes;
    if (last) {
      head_.resize(size);
      return state::refused;
    }
    skipped_ += size;
    head_.erase(0, size);
  }
}

wait_hint connect_answer::retry_after(wall_time now) const noexcept {
  return weir::retry_after(field_of(head_, "retry-after"), field_of(head_, "date"), now);
}

void throw_unauthorized(const std::string& proxy, bool given) {
  failure f(errc::proxy_refused, "the proxy " + proxy +
                                     (given ? " answered 407: it did not accept the user and password of the proxy URL"
                                            : " answered 407: it asks for a user and password; write the proxy as "
                                              "http://user:password@host:port"));
  f.status(407);
  throw error(std::move(f));
}

asio::awaitable<stream_ptr> through(stream_ptr s, proxy via, origin to) {
  if (!to.tls())
    co_return std::make_unique<forwarded_stream>(std::move(s),
                                                 forwarding(via.text(), via.basic, is_loopback(via.host)));
  co_await tunnel(*s, via, to.host(), to.port());
  co_return s;
}

asio::awaitable<void> tunnel(stream& s, proxy via, std::string host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  const std::string target = (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
  const auto wall = time_of(co_await asio::this_coro::executor).wall();
  connect_answer answer;
  auto state = connect_answer::state::more;
  error_code lost;
  try {
    state = co_await ask(s, via, target, answer);
  } catch (const boost::system::system_error& e) {
    if (e.code() == asio::error::operation_aborted)
      throw;
    lost = e.code();
  }
  switch (state) {
  case connect_answer::state::open: co_return;
  case connect_answer::state::refused: refuse_status(via, answer, target, wall);
  case connect_answer::state::too_large:
    refuse(via, answer.status(), "answered CONNECT with more than 16 KiB: is it an HTTP proxy?");
  case connect_answer::state::malformed:
    refuse(via, 0, "answered CONNECT with something other than HTTP/1.1: is it an HTTP proxy?");
  case connect_answer::state::unasked_bytes:
    refuse(via, answer.status(), "sent bytes into the tunnel before the client did: it is not safe to use");
  case connect_answer::state::more:
    refuse(via, 0, "closed the connection before it answered CONNECT (" + lost.message() + ')');
  }
}

} // namespace weir::inline v0::net
