// The calls of a file, complete.
#include <cerrno>
#include <system_error>

#include "store/journal/file.hpp"

namespace weir::inline v0::store {

namespace {

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::system_category(), what); }

// Again for as long as signals interrupt it.
template <class Call>
auto uninterrupted(const char* what, Call call) {
  for (;;) {
    if (const auto result = call(); result >= 0)
      return result;
    if (errno != EINTR)
      fail(what);
  }
}

} // namespace

std::size_t read_fully(const random_access_file& file, char* to, std::size_t n, std::uint64_t at) {
  std::size_t done = 0;
  while (done < n) {
    const auto some = uninterrupted("read", [&] { return file.read_at(to + done, n - done, at + done); });
    if (some == 0)
      break;
    done += static_cast<std::size_t>(some);
  }
  return done;
}

void write_fully(random_access_file& file, std::string_view bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const auto some = uninterrupted("written", [&] { return file.write_at(bytes.data(), bytes.size(), at); });
    if (some == 0) {
      errno = ENOSPC;
      fail("written");
    }
    bytes.remove_prefix(static_cast<std::size_t>(some));
    at += static_cast<std::uint64_t>(some);
  }
}

void truncate(random_access_file& file, std::uint64_t size) {
  uninterrupted("written", [&] { return file.truncate(size); });
}

std::uint64_t size_of(const random_access_file& file) {
  return static_cast<std::uint64_t>(uninterrupted("read", [&] { return file.size(); }));
}

room allocate(random_access_file& file, std::uint64_t at, std::uint64_t n) noexcept {
  for (;;) {
    if (const int result = file.allocate(at, n); result >= 0)
      return result == 0 ? room::set_aside : room::there;
    if (errno != EINTR)
      return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? room::none : room::there;
  }
}

void sync(random_access_file& file) {
  uninterrupted("synced", [&] { return file.sync(); });
}

void sync_folder(random_access_file& file) {
  uninterrupted("synced", [&] { return file.sync_folder(); });
}

} // namespace weir::inline v0::store
