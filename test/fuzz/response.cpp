// HTTP responses: the same verdict however the bytes are split, progress with every call, and never more body than
// input.
#include "http/response/response_reader.hpp"

#include <string>

#include "fuzz.hpp"

static std::string verdict(const std::vector<std::string_view>& parts) {
  weir::http::reader_limits limits;
  limits.head = 2048;
  limits.fields = 16;
  limits.body = 4096;
  weir::http::response_reader reader(limits);
  std::string body;
  weir::error_code ec;
  std::size_t unused = 0;
  for (auto part : parts) {
    while (!part.empty() && !reader.done() && !ec) {
      std::string_view piece;
      const auto n = reader.next(part, piece, ec);
      fuzz::hold(n <= part.size() && (n > 0 || ec), "every call consumes something");
      body += piece;
      part.remove_prefix(n);
    }
    unused += part.size();
  }
  if (!ec && !reader.done())
    reader.finish(ec);
  fuzz::hold(body.size() <= 4096, "the limit holds");
  fuzz::hold(!reader.reusable() || !ec, "a refused response leaves no connection for others");
  std::string said = ec ? ec.message() + std::string(reader.problem()) : body + '#' + std::to_string(unused);
  if (reader.has_head()) {
    const auto& head = reader.head();
    fuzz::hold(head.status >= 200 && head.status <= 999, "a final status");
    said += '#' + std::to_string(head.status) + (reader.reusable() ? 'r' : 'c');
    for (const auto& [name, value] : head.headers) {
      fuzz::hold(!name.empty() && (name + value).find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
                 "fields are clean");
      said += '#' + name + ':' + value;
    }
  }
  return said;
}

FUZZ(in) { fuzz::hold(verdict({in.text}) == verdict(in.parts()), "a split changes nothing"); }
