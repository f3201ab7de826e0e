// A server of HTTP/2, its bytes whole and in parts: every stream ends once its connection has, and there is never more
// body than input.
#include "http/h2/session.hpp"

#include <list>
#include <string>

#include "fuzz.hpp"

using weir::http::h2::session;
using weir::http::h2::transfer;

static void play(const std::vector<std::string_view>& parts) {
  weir::http::reader_limits limits;
  limits.head = 2048;
  limits.fields = 16;
  limits.body = 4096;
  weir::http::h2::session_settings settings;
  settings.stream_window = 1024;
  session s(settings);
  weir::time_point now(std::chrono::hours(1));
  std::list<transfer> all;
  std::string bodies;
  for (int i = 0; i < 3; ++i) {
    auto r = std::make_shared<weir::http::request>();
    r->to = weir::net::origin("https", "api.test", 443);
    r->body = std::string(static_cast<std::size_t>(i) * 100, 'q');
    s.open(all.emplace_back(limits), std::move(r), now);
  }
  // One is left early: what comes for it then is nobody's.
  s.leave(all.front());
  all.pop_front();
  const auto flush = [&s] {
    for (auto out = s.output(); !out.empty(); out = s.output())
      s.written(out.size());
  };
  flush();
  std::size_t size = 0;
  for (auto part : parts) {
    size += part.size();
    s.receive(part, now);
    while (s.next_changed())
      ;
    flush();
  }
  s.lost("the end");
  for (auto& t : all) {
    fuzz::hold(t.over(), "every stream ends with its connection");
    fuzz::hold(!t.has_head() || (t.status() >= 200 && t.status() <= 599), "a final status");
    for (auto piece = s.take(t); piece && !piece->empty(); piece = s.take(t))
      bodies += *piece;
    for (const auto& [name, value] : t.take_head().headers)
      fuzz::hold(!name.empty() && (name + value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
                 "fields are clean");
    s.leave(t);
  }
  fuzz::hold(bodies.size() <= size, "no more body than input");
}

FUZZ(in) {
  play({in.text});
  play(in.parts());
}
