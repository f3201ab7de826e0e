#include "provider/answer/shared_details.hpp"

#include <cstddef>
#include <new>
#include <utility>

namespace weir::inline v0::provider {

namespace {

// Without destructors: events may be let go of after those of this thread have run.
thread_local void* spare = nullptr;
thread_local bool keeps = false;

class keeper {
public:
  keeper() { keeps = true; }
  ~keeper() {
    keeps = false;
    ::operator delete(std::exchange(spare, nullptr));
  }
  keeper(const keeper&) = delete;
  keeper& operator=(const keeper&) = delete;
};

// All blocks are of one size, since all are made by shared().
template <class T>
class spare_allocator {
public:
  using value_type = T;
  spare_allocator() = default;
  template <class Other>
  explicit(false) spare_allocator(const spare_allocator<Other>&) noexcept {}

  T* allocate(std::size_t n) {
    void* const found = std::exchange(spare, nullptr);
    return static_cast<T*>(found ? found : ::operator new(n * sizeof(T)));
  }
  void deallocate(T* p, std::size_t) noexcept {
    if (keeps && !spare)
      spare = p;
    else
      ::operator delete(p);
  }
  friend bool operator==(spare_allocator, spare_allocator) noexcept { return true; }
};

} // namespace

std::shared_ptr<const event::details> shared(event::details more) {
  static thread_local const keeper here;
  return std::allocate_shared<const event::details>(spare_allocator<event::details>(), std::move(more));
}

} // namespace weir::inline v0::provider
