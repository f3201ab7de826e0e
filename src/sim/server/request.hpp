// HTTP/1.1 requests as parsed by the simulation.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::inline v0::sim {

class request {
public:
  request() = default;
  std::string method;
  std::string path;  ///< Without the query and without escapes.
  std::string query; ///< Without its question mark.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool keep_alive = true;

  /// The first header of that name, ignoring case; empty if there is none.
  std::string_view header(std::string_view name) const noexcept;
};

/// Parses one request from bytes, however they are split.
class request_reader {
public:
  request_reader(std::size_t max_head, std::size_t max_body);
  ~request_reader();
  request_reader(const request_reader&) = delete;
  request_reader& operator=(const request_reader&) = delete;

  /// Consumes bytes; returns how many belong to this request.
  std::size_t feed(std::string_view bytes);
  bool done() const noexcept;
  /// Whether any byte of the request has arrived.
  bool begun() const noexcept { return begun_; }
  /// The status to refuse the request with: 400, 413 or 431; 0 if it is valid.
  int refusal() const noexcept { return refusal_; }
  /// Call once, after done().
  request take();

private:
  class parser;
  std::unique_ptr<parser> parser_;
  bool begun_ = false;
  int refusal_ = 0;
};

} // namespace weir::inline v0::sim
