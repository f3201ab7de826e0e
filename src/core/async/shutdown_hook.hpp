// Releases what belongs to an execution context before the context is gone.
#pragma once

#include <boost/asio/execution_context.hpp>

#include <memory>

namespace weir::inline v0 {

class shutdown_list;

/// Something that holds what belongs to an execution context (sockets, places in queues, strands) and may outlive
/// it. The context tells it when it shuts down: I/O objects can still be destroyed then, handlers and coroutines have
/// not been destroyed yet, and none of them will run.
/// Object lifetimes: may outlive the context. Thread safety: attaching and destroying are safe, but not while the
/// context is being destroyed.
class shutdown_hook {
public:
  shutdown_hook(const shutdown_hook&) = delete;
  shutdown_hook& operator=(const shutdown_hook&) = delete;

protected:
  enum class turn { early, late };

  shutdown_hook() = default;
  ~shutdown_hook() { detach(); }
  /// To be called once. Hooks whose turn is late are told after all the others.
  void attach(boost::asio::execution_context& context, turn t = turn::early);
  void detach() noexcept;
  /// Called at most once, after which the hook is detached. May destroy any hook, this one too.
  virtual void on_shutdown() noexcept = 0;

private:
  friend class shutdown_list;
  std::shared_ptr<shutdown_list> list_;
  shutdown_hook* next_ = nullptr;
  shutdown_hook* prev_ = nullptr;
};

/// Identifies one context, as long as somebody holds the result: addresses of contexts are reused.
std::shared_ptr<const void> identity_of(boost::asio::execution_context& context);

} // namespace weir::inline v0
