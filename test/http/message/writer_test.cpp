// Requests as bytes, and what is never written.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "http/message/url.hpp"
#include "http/message/writer.hpp"
#include "net/dial/forwarded_stream.hpp"

using weir::errc;
using weir::http::credential;
using weir::http::request;
using weir::http::request_bytes;

namespace {

request post() {
  request r;
  r.to = weir::net::origin("https", "api.test", 443);
  r.target = "/v1/chat?x=1";
  r.headers.add("Content-Type", "application/json");
  r.body = "{}";
  return r;
}

std::string written(const request& r) {
  const request_bytes bytes(r);
  return std::string(bytes.first()) + std::string(bytes.second());
}

// The refusal's message, and its code in `code`; empty if it was written.
std::string refusal(const request& r, weir::error_code* code = nullptr) {
  try {
    const request_bytes bytes(r);
    return {};
  } catch (const weir::error& e) {
    if (code)
      *code = e.code();
    CHECK(!std::string(e.what()).empty());
    return e.what();
  }
}

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    ++n;
  return n;
}

constexpr std::string_view token_extra = "!#$%&'*+-.^_`|~";

bool token_byte(unsigned char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c < 0x80 && token_extra.find(static_cast<char>(c)) != std::string_view::npos);
}

} // namespace

TEST_CASE("a request is written as one block with its own framing") {
  auto r = post();
  r.auth = credential("authorization", "Bearer", weir::secret("sk-1", "https://api.test"));
  const request_bytes bytes(r);
  CHECK(bytes.second().empty());
  CHECK(bytes.first() == "POST /v1/chat?x=1 HTTP/1.1\r\n"
                         "host: api.test\r\n"
                         "user-agent: " +
                             std::string(weir::http::user_agent()) +
                             "\r\n"
                             "accept: */*\r\n"
                             "accept-encoding: identity\r\n"
                             "authorization: Bearer sk-1\r\n"
                             "Content-Type: application/json\r\n"
                             "content-length: 2\r\n"
                             "\r\n{}");
  CHECK(weir::http::user_agent().starts_with("weir/0."));
}

TEST_CASE("the caller's user agent and accept win") {
  auto r = post();
  r.headers.add("USER-AGENT", "mine/1");
  r.headers.add("Accept", "text/event-stream");
  const auto text = written(r);
  CHECK(text.find("weir/") == std::string::npos);
  CHECK(text.find("*/*") == std::string::npos);
  CHECK(text.find("Accept: text/event-stream\r\n") != std::string::npos);
}

TEST_CASE("GET without a body has no length, POST without one has length zero") {
  auto r = post();
  r.body.clear();
  CHECK(written(r).find("content-length: 0\r\n") != std::string::npos);
  r.method = "GET";
  CHECK(written(r).find("content-length") == std::string::npos);
}

TEST_CASE("the host header has the port and brackets it needs") {
  auto r = post();
  for (const auto& [url, host] :
       {std::pair("https://a.test:8443/", "host: a.test:8443\r\n"),
        std::pair("https://a.test:443/", "host: a.test\r\n"), std::pair("http://127.0.0.1/", "host: 127.0.0.1\r\n"),
        std::pair("http://[::1]:80/", "host: [::1]\r\n"),
        std::pair("https://[2001:db8::1]:80/", "host: [2001:db8::1]:80\r\n")}) {
    r.to = weir::http::parse_url(url).origin;
    CHECK(written(r).find(host) != std::string::npos);
  }
}

TEST_CASE("a large body is not copied, one that just fits goes along with the head") {
  auto r = post();
  r.body.assign(100, 'x');
  const auto head = written(r).size() - 100 + 3; // 100 and 65xxx have three and five digits
  r.body.assign(request_bytes::one_write - head + 1, 'x');
  {
    const request_bytes bytes(r);
    CHECK(bytes.first().size() == request_bytes::one_write);
    CHECK(bytes.second().empty());
  }
  r.body += 'x';
  const request_bytes bytes(r);
  CHECK(bytes.first().ends_with("\r\n\r\n"));
  CHECK(bytes.second().data() == r.body.data());
  CHECK(bytes.second().size() == r.body.size());
}

TEST_CASE("every byte at every position of the method is written if it is a token's, else refused") {
  for (int c = 0; c < 256; ++c) {
    for (std::size_t at = 0; at < 4; ++at) {
      auto r = post();
      r.method = "POST";
      r.method[at] = static_cast<char>(c);
      CHECK(refusal(r).empty() == token_byte(static_cast<unsigned char>(c)));
    }
  }
  auto r = post();
  r.method.clear();
  CHECK(!refusal(r).empty());
}

TEST_CASE("every byte at every position of the target is written if it is visible ASCII, else refused") {
  for (int c = 0; c < 256; ++c) {
    for (std::size_t at = 0; at < 4; ++at) {
      auto r = post();
      r.target = "/abc";
      r.target[at] = static_cast<char>(c);
      const bool good = at == 0 ? c == '/' : c > 0x20 && c < 0x7f && c != '#';
      CHECK(refusal(r).empty() == good);
    }
  }
  auto r = post();
  r.target.clear();
  CHECK(!refusal(r).empty());
}

TEST_CASE("every byte at every position of a header's name and value is written or refused, and never quoted") {
  const std::string value = "s3cr3t";
  for (int c = 0; c < 256; ++c) {
    for (std::size_t at = 0; at < value.size(); ++at) {
      auto r = post();
      auto changed = value;
      changed[at] = static_cast<char>(c);
      r.headers.add("X-Tag", changed);
      const bool good = (c >= 0x20 && c != 0x7f) || c == '\t';
      weir::error_code code;
      const auto text = refusal(r, &code);
      CHECK(text.empty() == good);
      if (good) {
        CHECK(written(r).find("X-Tag: " + changed + "\r\n") != std::string::npos);
        CHECK(count(written(r), "\r\n") == 9);
      } else {
        CHECK(code == errc::invalid_argument);
        CHECK(text.find("X-Tag") != std::string::npos);
        for (std::size_t i = 0; i + 3 <= value.size(); ++i)
          CHECK(text.find(changed.substr(i, 3)) == std::string::npos);
      }
    }
    for (std::size_t at = 0; at < 5; ++at) {
      auto r = post();
      std::string name = "X-Tag";
      name[at] = static_cast<char>(c);
      r.headers.add(name, value);
      const auto text = refusal(r);
      CHECK(text.empty() == token_byte(static_cast<unsigned char>(c)));
      CHECK(text.find(value) == std::string::npos);
      for (char shown : text)
        CHECK(static_cast<unsigned char>(shown) >= 0x20);
    }
  }
  auto r = post();
  r.headers.add("", "x");
  CHECK(!refusal(r).empty());
}

TEST_CASE("every byte at every position of the host and the credential's header and scheme is written or refused") {
  for (int c = 0; c < 256; ++c) {
    const auto changed = [c](std::string text, std::size_t at) {
      text[at] = static_cast<char>(c);
      return text;
    };
    for (std::size_t at = 0; at < 3; ++at) {
      auto r = post();
      r.to = weir::net::origin("https", changed("a.b", at), 443);
      const bool good =
          (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' || c == ':';
      CHECK(refusal(r).empty() == good);
      r = post();
      r.auth = credential(changed("x-k", at), "", weir::secret("sk-1", "https://api.test"));
      CHECK(refusal(r).empty() == token_byte(static_cast<unsigned char>(c)));
      r.auth = credential("x-k", changed("Key", at), weir::secret("sk-1", "https://api.test"));
      CHECK(refusal(r).empty() == token_byte(static_cast<unsigned char>(c)));
    }
  }
}

TEST_CASE("headers that frame the message or carry the key are the writer's own") {
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "connection", "Keep-Alive", "TE", "Trailer",
                           "Upgrade", "Expect", "AUTHORIZATION", "Proxy-Authorization", "Proxy-Connection"}) {
    auto r = post();
    r.headers.add(name, "s3cr3t");
    const auto text = refusal(r);
    CHECK(text.find(name) != std::string::npos);
    CHECK(text.find("s3cr3t") == std::string::npos);
  }
  auto r = post();
  r.auth = credential("x-api-key", "", weir::secret("sk-1", "https://api.test"));
  CHECK(written(r).find("x-api-key: sk-1\r\n") != std::string::npos);
  r.headers.add("X-Api-Key", "other");
  CHECK(!refusal(r).empty());
}

TEST_CASE("a key goes only to its origin, and over plain HTTP only to this host") {
  const auto verdict = [](const char* url, const char* bound_to) {
    request r;
    r.to = weir::http::parse_url(url).origin;
    r.auth = credential("authorization", "Bearer", weir::secret("sk-canary", bound_to));
    weir::error_code code;
    const auto text = refusal(r, &code);
    CHECK(text.find("canary") == std::string::npos);
    return code;
  };
  CHECK(!verdict("https://api.test/", "https://api.test"));
  CHECK(!verdict("https://api.test:444/", "https://api.test:444"));
  CHECK(verdict("https://api.test:444/", "https://api.test") == errc::insecure);
  CHECK(verdict("https://api.test/", "https://other.test") == errc::insecure);
  CHECK(verdict("https://api.test/", "http://api.test") == errc::insecure);
  CHECK(verdict("https://api.test/", "") == errc::insecure);
  CHECK(verdict("http://api.test/", "http://api.test") == errc::insecure);
  CHECK(verdict("http://127.0.0.1.api.test/", "http://127.0.0.1.api.test") == errc::insecure);
  CHECK(verdict("http://localhost.api.test/", "http://localhost.api.test") == errc::insecure);
  CHECK(!verdict("http://127.0.0.1:8080/", "http://127.0.0.1:8080"));
  CHECK(!verdict("http://[::1]:8080/", "http://[::1]:8080"));
  CHECK(!verdict("http://localhost:8080/", "http://localhost:8080"));
  auto r = post();
  r.auth = credential();
  weir::error_code code;
  refusal(r, &code);
  CHECK(code == errc::missing_key);
}

TEST_CASE("the head is overwritten once it was sent") {
  auto r = post();
  r.auth = credential("authorization", "Bearer", weir::secret("sk-canary", "https://api.test"));
  request_bytes bytes(r);
  const auto* data = bytes.first().data();
  const auto at = bytes.first().find("sk-canary");
  REQUIRE(at != std::string_view::npos);
  bytes.cleanse();
  CHECK(bytes.first().empty());
  CHECK(std::string_view(data + at, 9) == std::string_view("\0\0\0\0\0\0\0\0\0", 9));
}

TEST_CASE("what a proxy reads has its target in absolute form, and the proxy's credentials beside the origin's key") {
  const weir::net::forwarding via("http://proxy.test:3128", weir::secret("bWU6eA=="), true);
  auto r = post();
  r.to = weir::net::origin("http", "api.test", 8000);
  const std::string text(request_bytes(r, &via).first());
  CHECK(text.starts_with("POST http://api.test:8000/v1/chat?x=1 HTTP/1.1\r\nhost: api.test:8000\r\n"));
  CHECK(count(text, "proxy-authorization: Basic bWU6eA==\r\n") == 1);
  r.to = weir::net::origin("http", "fd00::1", 80);
  const weir::net::forwarding open("http://proxy.test:3128", weir::secret(), true);
  const std::string other(request_bytes(r, &open).first());
  CHECK(other.starts_with("POST http://[fd00::1]/v1/chat?x=1 HTTP/1.1\r\nhost: [fd00::1]\r\n"));
  CHECK(count(other, "proxy-authorization") == 0);
}

TEST_CASE("a key goes to an http origin on this machine through a proxy on this machine only") {
  auto r = post();
  r.to = weir::net::origin("http", "127.0.0.1", 8000);
  r.auth = credential("authorization", "Bearer", weir::secret("sk-canary").bound_to(r.to.text()));
  for (const bool local : {true, false}) {
    const weir::net::forwarding via("http://proxy.test:3128", weir::secret(), local);
    weir::error_code code;
    try {
      const request_bytes bytes(r, &via);
      CHECK(count(bytes.first(), "authorization: Bearer sk-canary\r\n") == 1);
    } catch (const weir::error& e) {
      code = e.code();
      CHECK(std::string(e.what()).find("http://proxy.test:3128") != std::string::npos);
    }
    CHECK(code == (local ? weir::error_code() : make_error_code(errc::insecure)));
  }
}
