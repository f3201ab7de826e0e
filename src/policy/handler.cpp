#include <weir/policy/handler.hpp>

#include <utility>

namespace weir::inline v0 {

const call_options& operation::options() const noexcept {
  static const call_options none;
  return none;
}

void begin_attempt(call& c, time_point now) {
  c.attempt = std::make_shared<weir::attempt>();
  c.attempt->number = static_cast<unsigned>(c.record->attempts.size() + 1);
  c.attempt->begun = now - c.begun;
  c.attempt->provider = c.to.provider();
  c.attempt->model = c.to.model();
  c.attempt->key = c.to.key();
  c.attempt->hedge = c.hedge;
  c.attempt->continuation = c.continuation;
  c.record->attempts.push_back(c.attempt);
}

handler_ptr stack_layers(const std::vector<layer>& layers, handler_ptr innermost) {
  for (auto it = layers.rbegin(); it != layers.rend(); ++it)
    innermost = (*it)(std::move(innermost));
  return innermost;
}

} // namespace weir::inline v0
