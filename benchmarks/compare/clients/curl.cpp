// libcurl's multi interface on epoll, with Boost.JSON for the events.
#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <chrono>
#include <deque>

#include "decoding.hpp"
#include "task.hpp"

namespace {

void require(bool ok, const char* what) {
  if (!ok)
    throw std::runtime_error(what);
}

class transfer {
public:
  CURL* handle = nullptr;
  compare::event_stream events;
  std::string whole;
  bool streamed = false;
};

std::size_t take(char* data, std::size_t, std::size_t n, void* self) {
  auto& t = *static_cast<transfer*>(self);
  if (t.streamed)
    t.events.add(std::string_view(data, n));
  else
    t.whole.append(data, n);
  return n;
}

class loop {
public:
  explicit loop(const compare::task& todo)
      : todo_(todo), url_(todo.url + "/v1/chat/completions"), body_(todo.body()),
        left_(todo.streamed ? todo.streams : todo.calls), multi_(curl_multi_init()), epoll_(::epoll_create1(0)) {
    headers_ = curl_slist_append(headers_, "content-type: application/json");
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, watch);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(todo.parallel()));
  }

  std::uint64_t run() {
    for (std::uint64_t i = 0; i < todo_.parallel() && left_ > 0; ++i)
      start(transfers_.emplace_back());
    const auto all = todo_.streamed ? todo_.streams : todo_.calls;
    epoll_event ready[512];
    while (complete_ < all) {
      const int n = ::epoll_wait(epoll_, ready, 512, until_timer());
      int running = 0;
      for (int i = 0; i < n; ++i)
        curl_multi_socket_action(multi_, ready[i].data.fd,
                                 ((ready[i].events & EPOLLIN) ? CURL_CSELECT_IN : 0) |
                                     ((ready[i].events & EPOLLOUT) ? CURL_CSELECT_OUT : 0),
                                 &running);
      if (until_timer() == 0) {
        timer_ = never;
        curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
      }
      finish();
    }
    return count_;
  }

private:
  using clock = std::chrono::steady_clock;
  static constexpr auto never = clock::time_point::max();

  void start(transfer& t) {
    --left_;
    const bool fresh = !t.handle;
    if (fresh)
      t.handle = curl_easy_init();
    t.streamed = todo_.streamed;
    t.events = compare::event_stream();
    t.whole.clear();
    if (fresh) {
      curl_easy_setopt(t.handle, CURLOPT_URL, url_.c_str());
      curl_easy_setopt(t.handle, CURLOPT_CAINFO, todo_.ca_file.c_str());
      curl_easy_setopt(t.handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
      curl_easy_setopt(t.handle, CURLOPT_HTTPHEADER, headers_);
      curl_easy_setopt(t.handle, CURLOPT_POSTFIELDS, body_.c_str());
      curl_easy_setopt(t.handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(body_.size()));
      curl_easy_setopt(t.handle, CURLOPT_WRITEFUNCTION, take);
      curl_easy_setopt(t.handle, CURLOPT_WRITEDATA, &t);
      curl_easy_setopt(t.handle, CURLOPT_PRIVATE, &t);
      curl_easy_setopt(t.handle, CURLOPT_NOSIGNAL, 1L);
      curl_easy_setopt(t.handle, CURLOPT_PROXY, "");
    }
    require(curl_multi_add_handle(multi_, t.handle) == CURLM_OK, "curl_multi_add_handle");
  }

  void finish() {
    int queued = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &queued)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      require(message->data.result == CURLE_OK, curl_easy_strerror(message->data.result));
      transfer* t = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t);
      curl_multi_remove_handle(multi_, t->handle);
      check(*t);
      if (left_ > 0)
        start(*t);
    }
  }

  void check(transfer& t) {
    if (!todo_.streamed)
      t.events.seen.add(t.whole);
    const auto& seen = t.events.seen;
    require(seen.finish_reason == "stop", "an answer without its end");
    require(todo_.streamed ? t.events.done && seen.tokens == todo_.tokens && seen.usage == seen.tokens
                           : seen.tokens == 1 && seen.usage > 0,
            "not all tokens came");
    count_ += todo_.streamed ? seen.tokens : 1;
    ++complete_;
  }

  static int watch(CURL*, curl_socket_t s, int what, void* self, void* known) {
    auto& at = *static_cast<loop*>(self);
    if (what == CURL_POLL_REMOVE) {
      ::epoll_ctl(at.epoll_, EPOLL_CTL_DEL, s, nullptr);
      curl_multi_assign(at.multi_, s, nullptr);
      return 0;
    }
    epoll_event event{};
    event.events = ((what & CURL_POLL_IN) ? EPOLLIN : 0u) | ((what & CURL_POLL_OUT) ? EPOLLOUT : 0u);
    event.data.fd = s;
    ::epoll_ctl(at.epoll_, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, s, &event);
    curl_multi_assign(at.multi_, s, self);
    return 0;
  }

  static int set_timer(CURLM*, long ms, void* self) {
    static_cast<loop*>(self)->timer_ = ms < 0 ? never : clock::now() + std::chrono::milliseconds(ms);
    return 0;
  }

  int until_timer() const {
    if (timer_ == never)
      return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(timer_ - clock::now()).count();
    return left < 0 ? 0 : static_cast<int>(left);
  }

  const compare::task& todo_;
  std::string url_, body_;
  std::uint64_t left_, count_ = 0, complete_ = 0;
  curl_slist* headers_ = nullptr;
  CURLM* multi_;
  int epoll_;
  clock::time_point timer_ = clock::now();
  std::deque<transfer> transfers_;
};

} // namespace

int main(int argc, char** argv) try {
  const compare::task todo(argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  loop all(todo);
  compare::report(all.run());
} catch (const std::exception& e) {
  std::fprintf(stderr, "curl: %s\n", e.what());
  return 1;
}
