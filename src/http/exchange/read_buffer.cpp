#include "http/exchange/read_buffer.hpp"

#include <array>
#include <utility>

namespace weir::inline v0::http {

namespace {

// A loop reads one response at a time; a thread that runs several loops is rare. Under ASan none, so that it sees views
// that outlive what they show.
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t kept = 0;
#else
constexpr std::size_t kept = 2;
#endif
thread_local std::array<std::unique_ptr<char[]>, kept> spare;

} // namespace

void read_buffer::take() {
  if (bytes_)
    return;
  for (auto& s : spare)
    if (s) {
      bytes_ = std::move(s);
      return;
    }
  bytes_ = std::make_unique_for_overwrite<char[]>(size);
}

void read_buffer::give_back() noexcept {
  if (!bytes_)
    return;
  for (auto& s : spare)
    if (!s) {
      s = std::move(bytes_);
      return;
    }
  bytes_.reset();
}

} // namespace weir::inline v0::http
