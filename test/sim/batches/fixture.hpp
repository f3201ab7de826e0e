// A server with batch APIs and calls to it, for the tests of batches.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/fixture.hpp"

namespace weir::inline v0::sim::test {

/// Batches that end as soon as they are made.
inline settings at_once() {
  auto how = plain();
  how.batches.validate = how.batches.run = how.batches.finalize = duration();
  return how;
}

class batches_fixture : public fixture {
public:
  explicit batches_fixture(settings how = at_once()) : fixture(std::move(how)) {}

  response call(std::string_view method, std::string_view target, std::string_view body = {},
                std::string_view headers = {}) {
    raw_client client(server.port(), tls, server.ca_file());
    std::string text(method);
    text.append(" ").append(target).append(" HTTP/1.1\r\nhost: 127.0.0.1:").append(std::to_string(server.port()));
    text.append("\r\ncontent-length: ").append(std::to_string(body.size())).append("\r\n");
    client.send(text.append(headers).append("\r\n").append(body));
    return client.receive();
  }
  codec::json::value json(std::string_view method, std::string_view target, std::string_view body = {},
                          std::string_view headers = {}) {
    const auto r = call(method, target, body, headers);
    INFO(target << " " << r.status << " " << r.body);
    REQUIRE(r.status / 100 == 2);
    return r.as_json();
  }
  /// What the server has at a URL that it returned.
  response at(std::string_view url, std::string_view method = "GET", std::string_view body = {}) {
    REQUIRE(url.starts_with(server.url()));
    return call(method, url.substr(server.url().size()), body);
  }
  response form(std::string_view target, std::string_view content, std::string_view purpose = "batch") {
    std::string body = "--xyz\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\n";
    body.append(purpose).append(
        "\r\n--xyz\r\ncontent-disposition: form-data; name=\"file\"; filename=\"in.jsonl\"\r\n");
    body.append("content-type: application/jsonl\r\n\r\n").append(content).append("\r\n--xyz--\r\n");
    return call("POST", target, body, "content-type: multipart/form-data; boundary=xyz\r\n");
  }
  std::string upload(std::string_view content, std::string_view base = "/v1", std::string_view purpose = "batch") {
    return std::string(
        codec::string_at(form(std::string(base) + "/files", content, purpose).as_json(), "id").value_or("(none)"));
  }
  /// The server's own account of its batches.
  codec::json::value told() { return json("GET", "/sim/batches"); }
};

inline std::string text(const codec::json::value& v, std::string_view key) {
  return std::string(codec::string_at(v, key).value_or("(none)"));
}

inline std::uint64_t number(const codec::json::value& v, std::string_view key) {
  return codec::uint_at(v, key).value_or(999'999);
}

/// JSONL, by a member of each line.
inline std::multimap<std::string, codec::json::value> by_id(std::string_view jsonl,
                                                            std::string_view key = "custom_id") {
  std::multimap<std::string, codec::json::value> out;
  while (!jsonl.empty()) {
    const auto end = std::min(jsonl.find('\n'), jsonl.size());
    error_code ec;
    auto v = codec::parse_json(jsonl.substr(0, end), ec);
    REQUIRE_FALSE(ec);
    out.emplace(text(v, key), std::move(v));
    jsonl.remove_prefix(std::min(end + 1, jsonl.size()));
  }
  return out;
}

inline std::string chat_body(std::string_view prompt) {
  return R"({"model":"m","messages":[{"role":"user","content":")" + std::string(prompt) + R"("}]})";
}

/// Chats `r0`, `r1`, …: "question 0", …
inline std::string openai_lines(std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i)
    out += R"({"custom_id":"r)" + std::to_string(i) + R"(","method":"POST","url":"/v1/chat/completions","body":)" +
           chat_body("question " + std::to_string(i)) + "}\n";
  return out;
}

/// Lines of an id and a body only.
inline std::string plain_lines(std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i)
    out +=
        R"({"custom_id":"r)" + std::to_string(i) + R"(","body":)" + chat_body("question " + std::to_string(i)) + "}\n";
  return out;
}

inline std::string as_list(std::string lines) {
  lines.pop_back();
  for (auto& c : lines)
    if (c == '\n')
      c = ',';
  return "[" + lines + "]";
}

/// The text of a chat's answer.
inline std::string said(const codec::json::value& body) {
  return text(body.at("choices").at(0).at("message"), "content");
}

} // namespace weir::inline v0::sim::test
