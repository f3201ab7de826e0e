#include "client/post/receiver.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace test {

namespace {

int listening(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(fd, 64) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::runtime_error("no socket to listen on");
  port = ntohs(at.sin_port);
  return fd;
}

} // namespace

std::string response(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\ncontent-type: application/json\r\n" + headers +
         "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string absent_url() {
  std::uint16_t port = 0;
  ::close(listening(port));
  return "http://127.0.0.1:" + std::to_string(port);
}

receiver::receiver(script answer) : answer_(std::move(answer)), listener_(listening(port_)) {
  acceptor_ = std::thread([this] { accept_all(); });
}

receiver::~receiver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    for (const int fd : open_)
      ::shutdown(fd, SHUT_RDWR);
  }
  changed_.notify_all();
  acceptor_.join();
  for (auto& t : threads_)
    t.join();
  ::close(listener_);
}

std::vector<received> receiver::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool receiver::wait_for(std::size_t count) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return requests_.size() >= count; });
}

std::vector<received> receiver::at(const std::string& target) const {
  auto all = requests();
  std::erase_if(all, [&](const received& r) { return r.target != target; });
  return all;
}

void receiver::accept_all() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (fd < 0 || stopping_) {
      if (fd >= 0)
        ::close(fd);
      return;
    }
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

bool receiver::read(int fd, std::string& in, received& r) {
  const auto more = [&] {
    char piece[16384];
    const auto n = ::recv(fd, piece, sizeof piece, 0);
    if (n > 0)
      in.append(piece, static_cast<std::size_t>(n));
    return n > 0;
  };
  std::size_t end = 0;
  while ((end = in.find("\r\n\r\n")) == in.npos)
    if (!more())
      return false;
  const auto head = in.substr(0, end + 2);
  auto from = head.find("\r\n") + 2;
  const auto first = head.substr(0, from);
  r.method = first.substr(0, first.find(' '));
  r.target = first.substr(r.method.size() + 1, first.rfind(' ') - r.method.size() - 1);
  while (from < head.size()) {
    const auto to = head.find("\r\n", from);
    const auto colon = head.find(':', from);
    auto name = head.substr(from, colon - from);
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    r.headers[name] = head.substr(colon + 2, to - colon - 2);
    from = to + 2;
  }
  const auto size = std::stoul(r.headers["content-length"]);
  while (in.size() < end + 4 + size)
    if (!more())
      return false;
  r.body = in.substr(end + 4, size);
  in.erase(0, end + 4 + size);
  return true;
}

void receiver::serve(int fd) {
  std::string in;
  for (;;) {
    received r;
    if (!read(fd, in, r))
      break;
    std::string answer;
    {
      const std::lock_guard lock(mutex_);
      answer = answer_(r, requests_.size());
      requests_.push_back(std::move(r));
    }
    changed_.notify_all();
    if (answer == end_of_connection)
      break;
    if (answer == no_answer) {
      char piece[64];
      while (::recv(fd, piece, sizeof piece, 0) > 0)
        ;
      break;
    }
    if (::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0)
      break;
  }
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
}

} // namespace test
