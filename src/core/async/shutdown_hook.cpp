#include "core/async/shutdown_hook.hpp"

#include <mutex>
#include <utility>

namespace weir::inline v0 {

namespace asio = boost::asio;

/// The hooks of one context. Outlives the context while hooks know it.
class shutdown_list {
public:
  /// False if it is too late.
  bool add(shutdown_hook& h, bool late) noexcept {
    const std::lock_guard lock(mutex_);
    if (over_)
      return false;
    if (late) {
      h.prev_ = last_;
      (last_ ? last_->next_ : first_) = &h;
      last_ = &h;
    } else {
      h.next_ = first_;
      (first_ ? first_->prev_ : last_) = &h;
      first_ = &h;
    }
    return true;
  }

  void remove(shutdown_hook& h) noexcept {
    const std::lock_guard lock(mutex_);
    unlink(h);
  }

  void tell_all() noexcept {
    while (auto* h = take_first())
      h->on_shutdown();
  }

private:
  void unlink(shutdown_hook& h) noexcept {
    (h.prev_ ? h.prev_->next_ : first_) = h.next_;
    (h.next_ ? h.next_->prev_ : last_) = h.prev_;
    h.next_ = h.prev_ = nullptr;
  }

  shutdown_hook* take_first() noexcept {
    const std::lock_guard lock(mutex_);
    over_ = true;
    auto* const h = first_;
    if (h) {
      unlink(*h);
      h->list_.reset();
    }
    return h;
  }

  std::mutex mutex_;
  shutdown_hook* first_ = nullptr;
  shutdown_hook* last_ = nullptr;
  bool over_ = false;
};

namespace {

// A name of its own: clang's type_info of two types in unnamed namespaces compare equal if
// their names do, and Asio finds services by type_info.
class shutdown_service : public asio::execution_context::service {
public:
  using key_type = shutdown_service;
  static inline asio::execution_context::id id;

  explicit shutdown_service(asio::execution_context& context) : asio::execution_context::service(context) {}

  const std::shared_ptr<shutdown_list> list = std::make_shared<shutdown_list>();

private:
  void shutdown() override { list->tell_all(); }
};

} // namespace

void shutdown_hook::attach(asio::execution_context& context, turn t) {
  auto list = asio::use_service<shutdown_service>(context).list;
  if (list->add(*this, t == turn::late))
    list_ = std::move(list);
}

void shutdown_hook::detach() noexcept {
  if (const auto list = std::exchange(list_, nullptr))
    list->remove(*this);
}

std::shared_ptr<const void> identity_of(asio::execution_context& context) {
  return asio::use_service<shutdown_service>(context).list;
}

} // namespace weir::inline v0
