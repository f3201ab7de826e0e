#include "net/own_limit.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace weir::inline v0::net {

bool is_own_limit(const error_code& ec) noexcept {
  static constexpr int all[] = {EMFILE, ENFILE, ENOMEM, ENOBUFS};
  return (ec.category() == boost::system::system_category() || ec.category() == boost::system::generic_category()) &&
         std::find(std::begin(all), std::end(all), ec.value()) != std::end(all);
}

error own_limit(const std::string& what, const error_code& ec) {
  std::string todo;
  switch (ec.value()) {
  case EMFILE: todo = "raise this process's limit of open files (ulimit -n), or lower max_connections"; break;
  case ENFILE: todo = "this machine has too many open files: raise fs.file-max, or lower max_connections"; break;
  case EADDRNOTAVAIL: todo = "this machine has no local port left for that address: lower max_connections"; break;
  case EAGAIN: todo = "raise this process's limit of threads (ulimit -u)"; break;
  default: todo = "there is no memory for more: lower max_connections";
  }
  return error(errc::out_of_resources, what + " (" + ec.message() + "): " + todo);
}

error_code socket_limit() noexcept {
  const int opened = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (opened < 0)
    return {errno, boost::system::system_category()};
  ::close(opened);
  return {};
}

} // namespace weir::inline v0::net
