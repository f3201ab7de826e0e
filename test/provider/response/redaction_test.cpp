// Credentials are removed from what servers send back, in any encoding.
#include <doctest/doctest.h>

#include <weir/core/base64.hpp>

#include "provider/dialect.hpp"
#include "provider/response/redaction.hpp"

using namespace weir;
using namespace weir::provider;

namespace {

constexpr std::string_view key = "sk-Ab/9+z%41\\Q\"x.*(7";

route with_key(std::string_view text) {
  route to;
  to.to = net::origin("https", "api.host.test", 443);
  to.auth.emplace("authorization", "Bearer", secret(text, to.to.text()));
  return to;
}

std::string percent(std::string_view text, bool all) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const unsigned char c : text)
    if (!all && std::isalnum(c))
      out += static_cast<char>(c);
    else
      out.append("%").append(1, digits[c >> 4]).append(1, digits[c & 15]);
  return out;
}

std::string json_escaped(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c == '"' || c == '\\' || c == '/')
      out.append("\\").append(1, c);
    else if (c == '+')
      out += "\\u002B";
    else
      out += c;
  return out;
}

std::string url_safe(std::string text) {
  for (char& c : text)
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text.substr(0, text.find('='));
}

} // namespace

TEST_CASE("a key is redacted verbatim and escaped, whatever characters it has") {
  const auto to = with_key(key);
  const redaction hidden(to);
  for (const auto& form : {std::string(key), percent(key, true), percent(key, false), json_escaped(key)}) {
    CAPTURE(form);
    CHECK(hidden("your key " + form + " is wrong") == "your key sk-*** is wrong");
    CHECK(hidden(form + form) == "sk-***sk-***");
    CHECK(hidden(form.substr(0, form.size() - 1)) == form.substr(0, form.size() - 1));
  }
}

TEST_CASE("a key is redacted in base64, at any offset") {
  const auto to = with_key(key);
  const redaction hidden(to);
  for (const std::string before : {"", "u", "me", "Bearer ", "user:"})
    for (const std::string after : {"", "x", ":password"}) {
      const auto plain = before + std::string(key) + after;
      CAPTURE(plain);
      const auto coded = encode_base64(plain);
      CHECK(hidden("Basic " + coded + ", and more") == "Basic sk-***, and more");
      const auto safe = hidden("Basic " + url_safe(coded) + '.');
      CHECK(safe.starts_with("Basic "));
      CHECK(safe.find("sk-***") != safe.npos);
      CHECK(safe.size() < coded.size());
    }
  const auto other = encode_base64("sk-another key of about that length");
  CHECK(hidden(other) == other);
}

TEST_CASE("what the caller's own headers carry is a credential too, after its scheme") {
  route to;
  to.to = net::origin("https", "api.host.test", 443);
  to.headers.set("X-Auth-Token", "abcdefgh12345678");
  to.headers.set("authorization", "Token qrstuvwx87654321");
  to.headers.set("x-trace", "0123456789abcdef");
  to.headers.set("cookie", "a=b");
  const redaction hidden(to);
  CHECK(hidden("no abcdefgh12345678") == "no ***");
  CHECK(hidden("no qrstuvwx87654321, Token") == "no ***, Token");
  CHECK(hidden("0123456789abcdef a=b") == "0123456789abcdef a=b");
}

TEST_CASE("without a credential nothing is redacted, and a key that is its own mark does not loop") {
  CHECK(redaction(route())("Bearer abc") == "Bearer abc");
  const auto to = with_key("-");
  CHECK(redaction(to)("a-b-c") == "a-***b-***c");
}
