// What any reader of many streams sees of their gaps: one epoll loop that decodes nothing, in a closed loop over plain
// HTTP. The baseline of the gaps that weir bench reports: a provider that sends late is late here too.
// It links nothing of weir.
//
//     gaps HOST:PORT STREAMS SECONDS [WARM_UP [RISE]]
//
// The streams begin one after the other over RISE seconds, which is of the warm-up; all at once without it.
//
// A read that brings an event is one: the simulated provider writes each token by itself.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;
using time_point = clock_type::time_point;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "gaps: %s\n", what);
  std::exit(1);
}

constexpr std::string_view last_bytes = "0\r\n\r\n";

double milliseconds(clock_type::duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

// In steps of 10 µs, up to 10 s.
class counts {
public:
  void add(double ms) {
    ++all_;
    sum_ += ms;
    ++by_step_[std::min(by_step_.size() - 1, static_cast<std::size_t>(std::max(0.0, ms) * 100))];
  }
  double mean() const { return all_ > 0 ? sum_ / static_cast<double>(all_) : 0; }
  std::uint64_t all() const { return all_; }
  double at(double share) const {
    auto left = static_cast<std::uint64_t>(share * static_cast<double>(all_));
    for (std::size_t i = 0; i < by_step_.size(); ++i) {
      if (by_step_[i] > left)
        return static_cast<double>(i) / 100;
      left -= by_step_[i];
    }
    return 0;
  }

private:
  std::vector<std::uint64_t> by_step_ = std::vector<std::uint64_t>(1'000'000);
  std::uint64_t all_ = 0;
  double sum_ = 0;
};

struct stream {
  int descriptor = -1;
  time_point sent{}, last{};
  bool begun = false; ///< Has brought an event.
};

class loop {
public:
  loop(const sockaddr_in& to, std::size_t streams, time_point from, time_point until)
      : streams_(streams), buffer_(64u << 10), epoll_(::epoll_create1(EPOLL_CLOEXEC)), from_(from), until_(until) {
    for (auto& s : streams_) {
      s.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const int on = 1;
      ::setsockopt(s.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (::connect(s.descriptor, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
        fail("connect");
      ::fcntl(s.descriptor, F_SETFL, O_NONBLOCK);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &s;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, s.descriptor, &event);
    }
  }

  void run(clock_type::duration rise) {
    epoll_event ready[128];
    const auto begin = clock_type::now();
    std::size_t begun = 0;
    while (clock_type::now() < until_) {
      while (begun < streams_.size() && clock_type::now() - begin >= rise * begun / streams_.size())
        ask(streams_[begun++]);
      const int n = ::epoll_wait(epoll_, ready, 128, begun < streams_.size() ? 1 : 100);
      for (int i = 0; i < n; ++i)
        take(*static_cast<stream*>(ready[i].data.ptr));
    }
  }

  const counts& first() const { return first_; }
  const counts& gaps() const { return gaps_; }
  std::uint64_t answers() const { return answers_; }

private:
  void ask(stream& s) {
    static const std::string body =
        R"({"model":"m","messages":[{"role":"user","content":"hello"}],"stream":true,"stream_options":{"include_usage":true}})";
    static const std::string request = "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json"
                                       "\r\ncontent-length: " +
                                       std::to_string(body.size()) + "\r\n\r\n" + body;
    s.begun = false;
    s.sent = clock_type::now();
    if (::send(s.descriptor, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
      fail("a request did not fit the socket");
  }

  void take(stream& s) {
    const auto n = ::recv(s.descriptor, buffer_.data(), buffer_.size(), 0);
    if (n < 0 && errno == EAGAIN)
      return;
    if (n <= 0)
      fail("a stream broke");
    const auto now = clock_type::now();
    const std::string_view text(buffer_.data(), static_cast<std::size_t>(n));
    if (!s.begun && text.find("data: ") == text.npos)
      return;
    if (s.sent >= from_)
      (s.begun ? gaps_ : first_).add(milliseconds(now - (s.begun ? s.last : s.sent)));
    s.begun = true;
    s.last = now;
    if (!text.ends_with(last_bytes))
      return;
    answers_ += s.sent >= from_;
    ask(s);
  }

  std::vector<stream> streams_;
  std::vector<char> buffer_;
  int epoll_;
  time_point from_, until_;
  counts first_, gaps_;
  std::uint64_t answers_ = 0;
};

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 4 || argc > 6) {
    std::fprintf(stderr, "usage: gaps HOST:PORT STREAMS SECONDS [WARM_UP [RISE]]\n");
    return 2;
  }
  const std::string where = argv[1];
  const auto colon = where.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(where.c_str() + colon + 1)));
  if (colon == where.npos || ::inet_pton(AF_INET, where.substr(0, colon).c_str(), &to.sin_addr) != 1)
    fail("the host has to be an IPv4 address with a port");
  const auto streams = std::strtoull(argv[2], nullptr, 10);
  const auto seconds = std::atof(argv[3]), warm_up = argc > 4 ? std::atof(argv[4]) : 2.0,
             rise = argc > 5 ? std::atof(argv[5]) : 0.0;
  if (streams == 0 || seconds <= 0)
    fail("STREAMS and SECONDS have to be above 0");
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);

  const auto length = [](double s) {
    return std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>(s));
  };
  const auto begin = clock_type::now();
  loop all(to, streams, begin + length(warm_up), begin + length(warm_up + seconds));
  all.run(length(rise));
  std::printf(
      "streams=%llu answers=%llu ttft_mean_ms=%.2f gap_p50_ms=%.2f gap_p99_ms=%.2f gap_max_ms=%.2f cpu_s=%.2f\n",
      streams, static_cast<unsigned long long>(all.answers()), all.first().mean(), all.gaps().at(0.5),
      all.gaps().at(0.99), all.gaps().at(0.999999), cpu_seconds());
  return 0;
}
