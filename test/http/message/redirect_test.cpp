// References, and the policy of redirects.
#include <doctest/doctest.h>

#include <string>
#include <utility>

#include <weir/core/error.hpp>

#include "http/message/redirect.hpp"

using namespace weir;
using namespace weir::http;

namespace {

std::string resolved(std::string_view base, std::string_view reference) {
  const auto u = resolve_reference(parse_url(base), reference);
  return u.origin.text() + u.target;
}

response_head answer(int status, std::string location) {
  response_head head;
  head.status = status;
  if (!location.empty())
    head.headers.add("location", std::move(location));
  return head;
}

std::string refusal(redirects& r, std::string location, int status = 302) {
  try {
    (void)r.follow(answer(status, std::move(location)));
    return {};
  } catch (const error& e) {
    CHECK(e.code() == errc::unexpected_redirect);
    return e.failure().message();
  }
}

} // namespace

TEST_CASE("references resolve as RFC 3986 §5.4 has it") {
  // Its examples, with http in place of the scheme that stands there.
  const std::string base = "http://a/b/c/d;p?q";
  for (const auto& [reference, wanted] : {
           std::pair("g", "http://a/b/c/g"),
           {"./g", "http://a/b/c/g"},
           {"g/", "http://a/b/c/g/"},
           {"/g", "http://a/g"},
           {"//g", "http://g/"},
           {"?y", "http://a/b/c/d;p?y"},
           {"g?y", "http://a/b/c/g?y"},
           {"#s", "http://a/b/c/d;p?q"},
           {"g#s", "http://a/b/c/g"},
           {"g?y#s", "http://a/b/c/g?y"},
           {";x", "http://a/b/c/;x"},
           {"g;x", "http://a/b/c/g;x"},
           {"", "http://a/b/c/d;p?q"},
           {".", "http://a/b/c/"},
           {"./", "http://a/b/c/"},
           {"..", "http://a/b/"},
           {"../", "http://a/b/"},
           {"../g", "http://a/b/g"},
           {"../..", "http://a/"},
           {"../../", "http://a/"},
           {"../../g", "http://a/g"},
           {"../../../g", "http://a/g"},
           {"../../../../g", "http://a/g"},
           {"/./g", "http://a/g"},
           {"/../g", "http://a/g"},
           {"g.", "http://a/b/c/g."},
           {".g", "http://a/b/c/.g"},
           {"g..", "http://a/b/c/g.."},
           {"..g", "http://a/b/c/..g"},
           {"./../g", "http://a/b/g"},
           {"./g/.", "http://a/b/c/g/"},
           {"g/./h", "http://a/b/c/g/h"},
           {"g/../h", "http://a/b/c/h"},
           {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
           {"g;x=1/../y", "http://a/b/c/y"},
           {"g?y/./x", "http://a/b/c/g?y/./x"},
           {"g?y/../x", "http://a/b/c/g?y/../x"},
       })
    CHECK_MESSAGE(resolved(base, reference) == wanted, reference);
}

TEST_CASE("references as servers write them") {
  CHECK(resolved("https://a.test:8443/x/y", "z?u=https://b.test/") == "https://a.test:8443/x/z?u=https://b.test/");
  CHECK(resolved("https://a.test/x", "//b.test:444/p") == "https://b.test:444/p");
  CHECK(resolved("https://a.test/x", "HTTPS://B.test/p/../q#frag") == "https://b.test/q");
  CHECK(resolved("https://a.test", "x") == "https://a.test/x");
  CHECK(resolved("https://a.test/x", "/a b/\xc3\xa9?q=\xc3\xa9") == "https://a.test/a%20b/%C3%A9?q=%C3%A9");
  CHECK(resolved("https://[::1]:1/x", "y") == "https://[::1]:1/y");
  CHECK(resolved("https://a.test/x", "/%2e%2e/y") == "https://a.test/%2e%2e/y");
  CHECK_THROWS_AS(resolved("https://a.test/x", "ftp://b.test/"), error);
  CHECK_THROWS_AS(resolved("https://a.test/x", "//user@b.test/"), error);
  CHECK_THROWS_AS(resolved("https://a.test/x", "//"), error);
}

TEST_CASE("redirects are followed from location to location") {
  redirects r(parse_url("https://a.test/one"), 3, redirects::reach::any_secure);
  CHECK_FALSE(r.follow(answer(200, "/two")));
  CHECK_FALSE(r.follow(answer(304, "/two")));
  CHECK_FALSE(r.follow(answer(302, "")));
  CHECK(r.follow(answer(302, "two/")));
  CHECK(r.follow(answer(308, "three")));
  CHECK(r.at().target == "/two/three");
  CHECK(r.follow(answer(301, "//b.test")));
  CHECK(r.at().origin.text() == "https://b.test");
  CHECK(refusal(r, "/five").find("limit of redirects") != std::string::npos);
}

TEST_CASE("redirects never leave TLS, nor an origin that a key is for") {
  redirects any(parse_url("https://a.test/x"), 5, redirects::reach::any_secure);
  CHECK(refusal(any, "http://a.test/secret") ==
        "https://a.test redirects to http://a.test: not followed, since that address is without TLS");
  CHECK(refusal(any, "file:///etc/passwd").find("invalid address") != std::string::npos);
  CHECK(any.at().target == "/x");

  redirects same(parse_url("https://a.test/x"), 5, redirects::reach::same_origin);
  CHECK(same.follow(answer(307, "https://a.test:443/y")));
  for (const auto* other : {"https://b.test/y", "//b.test/y", "https://a.test:444/y", "http://a.test/y"})
    CHECK_MESSAGE(!refusal(same, other).empty(), other);
  CHECK(same.at().target == "/y");

  redirects plain(parse_url("http://a.test/x"), 5, redirects::reach::any_secure);
  CHECK(plain.follow(answer(302, "https://a.test/y")));
  CHECK_FALSE(refusal(plain, "http://a.test/z").empty());
}
