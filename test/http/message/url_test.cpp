// URLs, origins and fields.
#include <doctest/doctest.h>

#include <random>
#include <string>

#include "http/message/types.hpp"
#include "http/message/url.hpp"

using weir::http::parse_url;

namespace {

std::string parts(const char* text) {
  const auto u = parse_url(text);
  return u.origin.scheme() + " " + u.origin.host() + " " + std::to_string(u.origin.port()) + " " + u.target;
}

std::string refusal(const std::string& text) {
  try {
    parse_url(text);
    return {};
  } catch (const weir::error& e) {
    CHECK(e.code() == weir::errc::malformed_url);
    return e.what();
  }
}

} // namespace

TEST_CASE("absolute http and https URLs are taken apart") {
  CHECK(parts("https://api.test") == "https api.test 443 /");
  CHECK(parts("http://api.test") == "http api.test 80 /");
  CHECK(parts("https://api.test/v1/") == "https api.test 443 /v1/");
  CHECK(parts("HTTPS://API.Test:8443/V1?a=B&c") == "https api.test 8443 /V1?a=B&c");
  CHECK(parts("https://api.test?x") == "https api.test 443 /?x");
  CHECK(parts("https://api.test:/x") == "https api.test 443 /x");
  CHECK(parts("http://127.0.0.1:1/") == "http 127.0.0.1 1 /");
  CHECK(parts("http://[::1]:65535/") == "http ::1 65535 /");
  CHECK(parts("https://a.test/%7Euser/a%20b") == "https a.test 443 /%7Euser/a%20b");
  CHECK(parts("http://127.0.0.1.api.test/") == "http 127.0.0.1.api.test 80 /");
  CHECK(parts("https://under_score.test./") == "https under_score.test. 443 /");
}

TEST_CASE("an origin's text is the same for every spelling of it") {
  CHECK(parse_url("HTTPS://API.test:443/a").origin.text() == "https://api.test");
  CHECK(parse_url("https://api.test/b").origin == parse_url("https://API.TEST:443").origin);
  CHECK(parse_url("http://[::1]:443").origin.text() == "http://[::1]:443");
  CHECK(parse_url("https://api.test:80").origin.authority() == "api.test:80");
}

TEST_CASE("everything else is refused in one line") {
  for (const char* text : {"",
                           "api.test",
                           "api.test/v1",
                           "/v1",
                           "//api.test",
                           "ftp://api.test",
                           "https:",
                           "https:/x",
                           "https://",
                           "https:///x",
                           "https://:443",
                           "https://?x",
                           "https://a.test#f",
                           "https://a.test/x#",
                           "https://a.test:0",
                           "https://a.test:65536",
                           "https://a.test:99999999999999999999",
                           "https://a.test:x",
                           "https://a.test:-1",
                           "https://a b.test",
                           "https://a.test/a b",
                           "https://a.test/\r\nx",
                           "https://a.test/\x7f",
                           "https://a.t\xc3\xa9st",
                           "https://[::1",
                           "https://[::g]",
                           "https://[v1.x]",
                           "https://a%2eb",
                           "https://a_test,b",
                           "https://.a",
                           "https://a..b",
                           "https://a.test/%",
                           "https://a.test/%zz",
                           "https://a.test\\b",
                           "javascript://a",
                           "wss://a.test"})
    CHECK_MESSAGE(!refusal(text).empty(), std::string(text));
  CHECK(!refusal(std::string("https://a.test/\0", 16)).empty());
  CHECK(!refusal("https://a.test/" + std::string(9000, 'a')).empty());
}

TEST_CASE("user information is refused and never quoted") {
  for (const char* text :
       {"https://hf_canary@api.test/", "https://user:hf_canary@api.test/", "https://:hf_canary@api.test"}) {
    const auto why = refusal(text);
    CHECK(why.find("user information") != std::string::npos);
    CHECK(why.find("canary") == std::string::npos);
    CHECK(why.find('\n') == std::string::npos);
  }
}

TEST_CASE("random text is refused or comes apart into clean parts") {
  const std::string alphabet = "htps:/@.[]?#%a1:\\ \r\n";
  for (unsigned seed = 1; seed <= 20000; ++seed) {
    std::mt19937 random(seed);
    std::string text = "https://a.test:1/x?y";
    for (auto n = 1 + random() % 4; n > 0; --n)
      text[random() % text.size()] = alphabet[random() % alphabet.size()];
    CAPTURE(seed);
    if (!refusal(text).empty())
      continue;
    const auto u = parse_url(text);
    CAPTURE(text);
    CHECK(u.target.starts_with('/'));
    CHECK(u.target.find_first_of("# \r\n\\") == std::string::npos);
    CHECK(u.origin.host().find_first_of("@/?#% \r\n\\") == std::string::npos);
    CHECK(u.origin.port() != 0);
    CHECK(parse_url(u.origin.text() + u.target).origin == u.origin);
  }
}

TEST_CASE("fields compare names without case and keep their order") {
  weir::http::fields f;
  f.add("A", "1");
  f.add("b", "2");
  f.add("a", "3");
  CHECK(f.get("a") == "1");
  CHECK(f.size() == 3);
  f.set("a", "4");
  CHECK(f.size() == 2);
  CHECK(f.get("A") == "4");
  CHECK(f.begin()->first == "b");
  f.erase("B");
  CHECK(!f.has("b"));
  CHECK(f.get("b").empty());
  CHECK(!weir::http::equal_names("a", "ab"));
}
