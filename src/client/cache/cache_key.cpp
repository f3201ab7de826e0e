#include "client/cache/cache_key.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/digest.hpp"
#include "http/message/grammar.hpp"

namespace weir::inline v0 {

namespace {

// Raised when the meaning of a key or of what is stored under it changes.
constexpr std::string_view version = "weir response 1";

constexpr std::array<std::string_view, 15> own_headers = {"accept",          "content-type",      "user-agent",
                                                          "traceparent",     "tracestate",        "baggage",
                                                          "x-request-id",    "x-correlation-id",  "x-client-request-id",
                                                          "idempotency-key", "x-idempotency-key", "x-session-affinity",
                                                          "x-grok-conv-id",  "x-conversation-id", "x-wait-for-model"};

// With its length before it, so that no two lists of parts look the same.
void add(std::string& to, std::string_view part) {
  (to += std::to_string(part.size())) += ':';
  to += part;
}

std::string lower(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), http::lower);
  return text;
}

void add_headers(std::string& to, const http::fields& all) {
  std::vector<std::pair<std::string, std::string_view>> counted;
  for (const auto& [name, value] : all) {
    auto known = lower(name);
    // Those that hold keys too: x-user-token tells the users of a gateway apart.
    if (std::find(own_headers.begin(), own_headers.end(), known) == own_headers.end())
      counted.emplace_back(std::move(known), value);
  }
  // Those of one name in the order of their values: a list of them means the same in any.
  std::sort(counted.begin(), counted.end());
  for (const auto& [name, value] : counted) {
    add(to, name);
    add(to, value);
  }
}

} // namespace

std::string cache_key(const key_parts& p) {
  std::string all;
  all.reserve(p.body.size() + 512);
  for (const auto part : {version, std::string_view(p.sent->method), std::string_view(p.sent->target), p.provider,
                          p.scope, p.place, p.task, p.form, p.tenant})
    add(all, part);
  add(all, p.sent->to.text());
  add(all, std::to_string(p.among.size()));
  for (const auto& one : p.among)
    add(all, one);
  add_headers(all, p.sent->headers);
  add(all, p.body);
  return sha256_hex(all);
}

std::string credential_scope(std::string_view name, const provider::route& to) {
  if (!name.empty())
    return "named " + std::string(name);
  // That of a callback is the one that it has issued last.
  const auto key = to.keys.issues() ? to.keys.last() : to.auth ? to.auth->key : secret();
  if (key.empty())
    return to.keys.issues() ? std::string() : std::string("none");
  auto text = "weir cache scope " + std::string(key.reveal());
  auto scope = sha256_hex(text);
  cleanse(text.data(), text.size());
  return scope;
}

} // namespace weir::inline v0
