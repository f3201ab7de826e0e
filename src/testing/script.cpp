#include <utility>

#include <weir/testing.hpp>

namespace weir::inline v0::testing {

script& script::add(kind k, std::string text, std::size_t count, duration length, error_code ec) {
  steps_.emplace_back(k, std::move(text), count, length, ec);
  return *this;
}

script& script::expect(std::string text) { return add(kind::expect, std::move(text)); }
script& script::expect_bytes(std::string bytes) { return add(kind::expect_bytes, std::move(bytes)); }
script& script::reply(std::string bytes) { return add(kind::reply, std::move(bytes)); }
script& script::slice(std::size_t n) { return add(kind::slice, {}, n); }
script& script::accept(std::size_t n) { return add(kind::accept, {}, n); }
script& script::block_writes() { return add(kind::block_writes); }
script& script::pause(duration d) { return add(kind::pause, {}, 0, d); }
script& script::fail(error_code ec) { return add(kind::fail, {}, 0, {}, ec); }
script& script::refuse_writes(error_code ec) { return add(kind::refuse_writes, {}, 0, {}, ec); }
script& script::stall() { return add(kind::stall); }
script& script::close() { return add(kind::close); }
script& script::react(reaction with) {
  add(kind::react);
  steps_.back().with = std::move(with);
  return *this;
}
script& script::cut() { return fail(errc::connection_lost); }

} // namespace weir::inline v0::testing
