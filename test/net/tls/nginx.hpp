// nginx in a folder of its own, for tests against a real server.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace test {

/// Runs with what is inside `http { }`; ends with this object.
class nginx {
public:
  using files = std::vector<std::pair<std::string, std::string>>;
  static constexpr const char* program = "/usr/sbin/nginx";
  static bool installed() { return std::filesystem::exists(program); }

  explicit nginx(const std::string& http, const files& beside = {}) {
    std::string name = (std::filesystem::temp_directory_path() / "weir-nginx-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    for (const auto& [file, content] : beside)
      write(file, content);
    write("nginx.conf", configuration(http));
    const std::string conf = (folder_ / "nginx.conf").string(), prefix = folder_.string();
    const char* arguments[] = {program, "-p", prefix.c_str(), "-c", conf.c_str(), "-e", "error.log", nullptr};
    ::posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 2, (folder_ / "stderr").c_str(), O_WRONLY | O_CREAT, 0600);
    if (::posix_spawn(&pid_, program, &actions, nullptr, const_cast<char**>(arguments), environ) != 0)
      pid_ = -1;
    ::posix_spawn_file_actions_destroy(&actions);
  }
  nginx(const nginx&) = delete;
  nginx& operator=(const nginx&) = delete;
  ~nginx() {
    if (pid_ > 0) {
      ::kill(pid_, SIGTERM);
      ::waitpid(pid_, nullptr, 0);
    }
    std::filesystem::remove_all(folder_);
  }

  /// Waits until `answers`; false if it does not come up, for example because its port was taken meanwhile.
  bool wait_until(const std::function<bool()>& answers) {
    for (int i = 0; i < 500 && ::waitpid(pid_, nullptr, WNOHANG) == 0; ++i) {
      if (answers())
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }

private:
  void write(const std::string& name, const std::string& content) const { std::ofstream(folder_ / name) << content; }

  static std::string configuration(const std::string& http) {
    std::string paths;
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      paths += std::string(kind) + "_temp_path " + kind + ";\n";
    return "daemon off; master_process off; pid nginx.pid; error_log error.log;\n"
           "events { worker_connections 64; }\nhttp {\n access_log off;\n" +
           paths + http + "}\n";
  }

  std::filesystem::path folder_;
  ::pid_t pid_ = -1;
};

/// A socket on 127.0.0.1: bound to a free port, or connected to one.
class loopback {
public:
  loopback() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  loopback(const loopback&) = delete;
  loopback& operator=(const loopback&) = delete;
  ~loopback() { ::close(fd_); }

  static std::uint16_t free_port() {
    const loopback l;
    auto where = address(0);
    ::socklen_t size = sizeof(where);
    ::bind(l.fd_, reinterpret_cast<::sockaddr*>(&where), sizeof(where));
    ::getsockname(l.fd_, reinterpret_cast<::sockaddr*>(&where), &size);
    return ntohs(where.sin_port);
  }
  static bool accepts(std::uint16_t port) {
    const loopback l;
    auto where = address(port);
    return ::connect(l.fd_, reinterpret_cast<::sockaddr*>(&where), sizeof(where)) == 0;
  }

private:
  static ::sockaddr_in address(std::uint16_t port) {
    ::sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    where.sin_port = htons(port);
    return where;
  }

  int fd_;
};

} // namespace test
