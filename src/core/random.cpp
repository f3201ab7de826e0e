#include <weir/core/random.hpp>

#include <bit>
#include <mutex>
#include <random>

namespace weir::inline v0 {

namespace asio = boost::asio;

random_source::random_source(std::uint64_t seed) noexcept {
  for (auto& word : state_) {
    seed += 0x9e3779b97f4a7c15u;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    word = z ^ (z >> 31);
  }
}

std::uint64_t random_source::next() noexcept {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double random_source::uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::uint64_t random_source::below(std::uint64_t bound) noexcept {
  if (bound == 0)
    return 0;
  // Numbers below the threshold would make the low remainders likelier than the others.
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;)
    if (const std::uint64_t r = next(); r >= threshold)
      return r % bound;
}

namespace {

// A name of its own: clang's type_info of two types in unnamed namespaces compare equal if
// their names do, and Asio finds services by type_info.
class random_service : public asio::execution_context::service {
public:
  using key_type = random_service;
  static inline asio::execution_context::id id;

  explicit random_service(asio::execution_context& context)
      : asio::execution_context::service(context), source_(std::random_device{}()) {}

  double uniform() {
    std::lock_guard lock(mutex_);
    return source_.uniform();
  }
  void seed(std::uint64_t seed) {
    std::lock_guard lock(mutex_);
    source_ = random_source(seed);
  }

private:
  void shutdown() override {}

  std::mutex mutex_;
  random_source source_;
};

} // namespace

double random_uniform(asio::execution_context& context) { return asio::use_service<random_service>(context).uniform(); }

double random_uniform(const asio::any_io_executor& executor) {
  return random_uniform(asio::query(executor, asio::execution::context));
}

void seed_random(asio::execution_context& context, std::uint64_t seed) {
  asio::use_service<random_service>(context).seed(seed);
}

} // namespace weir::inline v0
