#include <algorithm>
#include <cstring>
#include <utility>

#include "http/h2/body_blocks.hpp"

namespace weir::inline v0::http::h2 {

namespace {

// Under ASan none, so that it sees views that outlive what they show.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t most_spares = 0;
#else
constexpr std::size_t most_spares = 32;
#endif

// One by one: the destructor of a long list would recurse.
void free_all(std::unique_ptr<body_block> b) noexcept {
  while (b)
    b = std::move(b->next);
}

class spare_blocks {
public:
  spare_blocks() = default;
  spare_blocks(const spare_blocks&) = delete;
  spare_blocks& operator=(const spare_blocks&) = delete;
  ~spare_blocks() { free_all(std::move(first_)); }

  std::unique_ptr<body_block> take() {
    if (!first_)
      return std::unique_ptr<body_block>(new body_block); // its bytes stay uninitialized
    auto b = std::move(first_);
    first_ = std::move(b->next);
    --count_;
    return b;
  }
  void give_back(std::unique_ptr<body_block> b) noexcept {
    if (!b || count_ == most_spares)
      return;
    b->used = 0;
    b->next = std::move(first_);
    first_ = std::move(b);
    ++count_;
  }

private:
  std::unique_ptr<body_block> first_;
  std::size_t count_ = 0;
};

thread_local spare_blocks spares;

} // namespace

body_queue::~body_queue() { free_all(std::move(first_)); }

void body_queue::append(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!last_ || last_->used == last_->bytes.size()) {
      auto b = spares.take();
      auto* const added = b.get();
      (last_ ? last_->next : first_) = std::move(b);
      last_ = added;
    }
    const auto n = std::min(bytes.size(), last_->bytes.size() - last_->used);
    std::memcpy(last_->bytes.data() + last_->used, bytes.data(), n);
    last_->used += n;
    bytes.remove_prefix(n);
  }
}

std::string_view body_queue::take() noexcept {
  let_go();
  given_ = std::move(first_);
  first_ = std::move(given_->next);
  if (!first_)
    last_ = nullptr;
  return {given_->bytes.data(), given_->used};
}

void body_queue::let_go() noexcept { spares.give_back(std::move(given_)); }

void body_queue::clear() noexcept {
  let_go();
  while (first_) {
    auto b = std::move(first_);
    first_ = std::move(b->next);
    spares.give_back(std::move(b));
  }
  last_ = nullptr;
}

} // namespace weir::inline v0::http::h2
