// The command's stdout, stderr and stdin.
#include "tool/output/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include <weir/core/error.hpp>

#include "core/descriptor.hpp"

using namespace weir;

namespace {

using file = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

file open_file(int number) { return file(::fdopen(number, "wb"), &std::fclose); }

class pipe_of_two {
public:
  pipe_of_two() {
    int both[2];
    REQUIRE(::pipe2(both, O_CLOEXEC) == 0);
    out = descriptor(both[0]);
    in = open_file(both[1]);
  }
  descriptor out;
  file in{nullptr, &std::fclose};
};

// SIGPIPE is ignored for the duration of a test, as in the command.
class without_sigpipe {
public:
  without_sigpipe() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  ~without_sigpipe() { std::signal(SIGPIPE, before_); }

private:
  void (*before_)(int);
};

} // namespace

TEST_CASE("more than a pipe holds is written completely, as it is read") {
  pipe_of_two p;
  const std::string text(300'000, 'x');
  std::string got;
  std::thread reader([&] { got = cli::read_all(p.out.get(), "it"); });
  cli::put(p.in.get(), text);
  p.in.reset();
  reader.join();
  CHECK((got == text));
}

TEST_CASE("a reader that left ends the output, and is told apart from a full disk") {
  const without_sigpipe quiet;
  pipe_of_two p;
  p.out = descriptor();
  bool left = false;
  try {
    cli::print(p.in.get(), "{}", 1);
  } catch (const cli::output_error& e) {
    left = e.reader_left();
  }
  CHECK(left);

  const auto full = open_file(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  std::string why;
  try {
    cli::put(full.get(), "x");
  } catch (const cli::output_error& e) {
    CHECK_FALSE(e.reader_left());
    why = e.what();
  }
  CHECK(why == "cannot write to stdout: No space left on device");
}

TEST_CASE("messages that cannot be written are dropped") {
  const without_sigpipe quiet;
  const auto full = open_file(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  cli::say(full.get(), "{}", "x");
  cli::wipe_line(full.get());
  pipe_of_two p;
  p.out = descriptor();
  cli::tell(p.in.get(), "x");
}

TEST_CASE("an input that cannot be read, or has no end, is refused") {
  const auto words = [](const char* path) {
    const descriptor from(::open(path, O_RDONLY | O_CLOEXEC));
    REQUIRE(from);
    try {
      cli::read_all(from.get(), path);
    } catch (const error& e) {
      CHECK(e.code() == errc::invalid_argument);
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(words("/") == "cannot read /: Is a directory");
  CHECK(words("/dev/zero") == "/dev/zero is larger than 64 MiB");
}

TEST_CASE("control characters are replaced") {
  CHECK(cli::harmless("a\tb\nc ä €") == "a\tb\nc ä €");
  CHECK(cli::harmless("\x1b[31m\r\x07\x7f") == "\uFFFD[31m\uFFFD\uFFFD\uFFFD");
  CHECK(cli::harmless("\xC2\x9B"
                      "5m") == "\uFFFD5m");
  CHECK(cli::harmless("\xC2\xA0") == "\xC2\xA0");
  CHECK(cli::one_line("a\nb\x1b") == "a b\uFFFD");
  CHECK(cli::one_line("a\tb\u202Ec\u2066d\u2069") == "a b\uFFFDc\uFFFDd\uFFFD");
}
