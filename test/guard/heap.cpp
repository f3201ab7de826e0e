#include "guard/heap.hpp"

#include <malloc.h>

namespace weir::inline v0::test {

namespace {

constinit heap_counts counts;
constinit bool counting = false;

void* taken(void* p) noexcept {
  if (counting && p) {
    const auto size = ::malloc_usable_size(p);
    ++counts.allocations;
    counts.bytes += size;
    counts.live += static_cast<std::ptrdiff_t>(size);
  }
  return p;
}

void given_back(void* p) noexcept {
  if (counting)
    counts.live -= static_cast<std::ptrdiff_t>(::malloc_usable_size(p));
}

} // namespace

heap_counts& heap() noexcept { return counts; }
void count_heap(bool on) noexcept { counting = on; }

} // namespace weir::inline v0::test

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t size) noexcept { return weir::test::taken(__libc_malloc(size)); }
void* calloc(std::size_t n, std::size_t size) noexcept { return weir::test::taken(__libc_calloc(n, size)); }
void* realloc(void* p, std::size_t size) noexcept {
  weir::test::given_back(p);
  return weir::test::taken(__libc_realloc(p, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return weir::test::taken(__libc_memalign(alignment, size));
}
int posix_memalign(void** to, std::size_t alignment, std::size_t size) noexcept {
  *to = weir::test::taken(__libc_memalign(alignment, size));
  return *to ? 0 : 12;
}
void free(void* p) noexcept {
  weir::test::given_back(p);
  __libc_free(p);
}
}
