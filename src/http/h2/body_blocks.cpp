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

} // namespace

block_pool::~block_pool() { free_all(std::move(spare_)); }

std::unique_ptr<body_block> block_pool::take() {
  if (!spare_)
    return std::unique_ptr<body_block>(new body_block); // its bytes stay uninitialized
  auto b = std::move(spare_);
  spare_ = std::move(b->next);
  --spares_;
  return b;
}

void block_pool::give_back(std::unique_ptr<body_block> b) noexcept {
  if (!b || spares_ == most_spares)
    return;
  b->used = 0;
  b->next = std::move(spare_);
  spare_ = std::move(b);
  ++spares_;
}

body_queue::~body_queue() { free_all(std::move(first_)); }

void body_queue::append(std::string_view bytes, block_pool& from) {
  while (!bytes.empty()) {
    if (!last_ || last_->used == last_->bytes.size()) {
      auto b = from.take();
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

std::string_view body_queue::take(block_pool& pool) noexcept {
  let_go(pool);
  given_ = std::move(first_);
  first_ = std::move(given_->next);
  if (!first_)
    last_ = nullptr;
  return {given_->bytes.data(), given_->used};
}

void body_queue::let_go(block_pool& pool) noexcept { pool.give_back(std::move(given_)); }

void body_queue::clear(block_pool& pool) noexcept {
  let_go(pool);
  while (first_) {
    auto b = std::move(first_);
    first_ = std::move(b->next);
    pool.give_back(std::move(b));
  }
  last_ = nullptr;
}

} // namespace weir::inline v0::http::h2
