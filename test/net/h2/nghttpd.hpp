// nghttpd, the server of nghttp2, in a folder of its own.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "net/certificates.hpp"

namespace test {

/// Serves the files that are written to it; ends with this object.
class nghttpd {
public:
  static constexpr const char* program = "/usr/sbin/nghttpd";
  static bool installed() { return std::filesystem::exists(program); }

  nghttpd(std::uint16_t port, const key_and_certificate& identity, const std::vector<std::string>& more = {}) {
    std::string name = (std::filesystem::temp_directory_path() / "weir-nghttpd-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    write("cert.pem", identity.certificate_pem());
    write("key.pem", identity.key_pem());
    std::vector<std::string> words = {program, "-a", "127.0.0.1", "-d", folder_.string()};
    words.insert(words.end(), more.begin(), more.end());
    words.insert(words.end(), {std::to_string(port), folder_ / "key.pem", folder_ / "cert.pem"});
    std::vector<char*> arguments;
    for (auto& w : words)
      arguments.push_back(w.data());
    arguments.push_back(nullptr);
    ::posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    for (const int fd : {1, 2})
      ::posix_spawn_file_actions_addopen(&actions, fd, (folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (::posix_spawn(&pid_, program, &actions, nullptr, arguments.data(), environ) != 0)
      pid_ = -1;
    ::posix_spawn_file_actions_destroy(&actions);
  }
  nghttpd(const nghttpd&) = delete;
  nghttpd& operator=(const nghttpd&) = delete;
  ~nghttpd() {
    if (pid_ > 0) {
      ::kill(pid_, SIGTERM);
      ::waitpid(pid_, nullptr, 0);
    }
    std::filesystem::remove_all(folder_);
  }

  void write(const std::string& name, const std::string& content) const { std::ofstream(folder_ / name) << content; }

  /// Waits until `answers`; false if it does not come up.
  bool wait_until(const std::function<bool()>& answers) {
    for (int i = 0; i < 500 && ::waitpid(pid_, nullptr, WNOHANG) == 0; ++i) {
      if (answers())
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

private:
  std::filesystem::path folder_;
  ::pid_t pid_ = -1;
};

} // namespace test
