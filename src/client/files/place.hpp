// What a path to save to names: a file, or something that only takes bytes.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>

#include "core/descriptor.hpp"

namespace weir::inline v0 {

/// Symbolic links are followed: what is meant is what they lead to.
class place {
public:
  /// \throws weir::error errc::invalid_argument for a folder, a socket, and what may not be written to.
  explicit place(const std::string& given);

  /// A FIFO, a device, or a file that is open already (`-`, /dev/stdout, /dev/fd/3): written to, and never replaced.
  bool is_channel() const noexcept { return channel_; }
  /// One that is open already; of the channel's, else empty.
  const descriptor& open_file() const noexcept { return open_; }
  const std::string& path() const noexcept { return path_; }

  /// Of a file that is there.
  class owner {
  public:
    mode_t mode;
    uid_t user;
    gid_t group;
  };
  const std::optional<owner>& existing() const noexcept { return existing_; }

private:
  bool take_open_file(int number);
  bool follow();
  void take(const struct ::stat& s);

  std::string given_, path_;
  bool channel_ = false;
  descriptor open_;
  std::optional<owner> existing_;
};

/// The folder that a path's last part is in.
std::string folder_of(const std::string& path);

/// For problems that show before a request is sent. \throws weir::error errc::invalid_argument: "cannot write PATH:
/// WHY"; errc::out_of_resources, errc::not_saved where it is not the path's fault.
[[noreturn]] void cannot_write(const std::string& path, const std::string& why);
[[noreturn]] void cannot_write(const std::string& path, int number);

/// The same for a result that is there. \throws weir::error errc::not_saved.
[[noreturn]] void not_saved(const std::string& path, const std::string& why);
[[noreturn]] void not_saved(const std::string& path, int number);

} // namespace weir::inline v0
