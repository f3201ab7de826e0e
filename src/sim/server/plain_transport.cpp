// The transport over plain TCP.
#include <sys/socket.h>

#include <cerrno>

#include "sim/server/transport.hpp"

namespace weir::inline v0::sim {

namespace {

class plain_transport final : public transport {
public:
  explicit plain_transport(int descriptor) noexcept : descriptor_(descriptor) {}

  transfer handshake() override { return progress::done; }

  transfer read(std::span<char> into) override {
    const auto n = ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
    if (n > 0)
      return {progress::done, static_cast<std::size_t>(n)};
    return n == 0 ? progress::ended : why(progress::want_read);
  }

  transfer write(std::string_view bytes) override {
    const auto n = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0)
      return {progress::done, static_cast<std::size_t>(n)};
    return why(progress::want_write);
  }

  progress look() override {
    char byte = 0;
    const auto n = ::recv(descriptor_, &byte, 1, MSG_DONTWAIT | MSG_PEEK);
    if (n > 0)
      return progress::done;
    return n == 0 ? progress::ended : why(progress::want_read);
  }

  void goodbye() override {}

private:
  static progress why(progress would_block) noexcept {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? would_block : progress::failed;
  }

  int descriptor_;
};

} // namespace

std::unique_ptr<transport> make_plain_transport(int descriptor) {
  return std::make_unique<plain_transport>(descriptor);
}

} // namespace weir::inline v0::sim
