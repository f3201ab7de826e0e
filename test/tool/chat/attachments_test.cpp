// The files that go with a prompt, and where standard input came from.
#include "tool/chat/attachments.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include <weir/core/error.hpp>

#include "core/descriptor.hpp"
#include "tool/arguments/piped_input.hpp"
#include "tool/scratch.hpp"

using namespace weir;
using namespace std::string_literals;

namespace {

std::string refusal(const std::string& path) {
  try {
    (void)cli::attach(path);
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return {};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("a text is quoted under its name, between fences that are longer than any inside") {
  CHECK(cli::quoted("a.cpp", "int a;\n") == "a.cpp:\n```\nint a;\n```");
  CHECK(cli::quoted("a.md", "```\ncode\n```") == "a.md:\n````\n```\ncode\n```\n````");
  CHECK(cli::quoted("a.md", "`````") == "a.md:\n``````\n`````\n``````");
  CHECK(cli::quoted("empty", "") == "empty:\n```\n```");
}

TEST_CASE("what a file is shows in its bytes: text is quoted, images, audio and documents are parts") {
  const scratch dir;
  CHECK(cli::attach(dir.write("t.png", "just text\n")).text == dir.at("t.png") + ":\n```\njust text\n```");
  CHECK(has(cli::attach(dir.write("wide.txt", "\xFF\xFEh\0i\0"s)).text, "\nhi\n"));
  CHECK(has(cli::attach(dir.write("x.svg", "<svg></svg>")).text, "<svg>"));
  CHECK(has(cli::attach(dir.write("bell", "caf\xC3\xA9 \x07")).text, "caf\xC3\xA9 \x07"));
  const auto image = cli::attach(dir.write("p", "\x89PNG\r\n\x1a\n\0\0"s));
  REQUIRE(image.part);
  CHECK(image.part->type() == content_part::kind::image_url);
  CHECK(image.bytes == 10);
  const auto sound = cli::attach(dir.write("s", "RIFF\1\0\0\0WAVEfmt "s));
  REQUIRE(sound.part);
  CHECK(sound.part->value() == "data:audio/wav;base64,UklGRgEAAABXQVZFZm10IA==");
  const auto document = cli::attach(dir.write("d.pdf", "%PDF-1.7"));
  REQUIRE(document.part);
  CHECK(document.part->value() == "data:application/pdf;base64,JVBERi0xLjc=");
  CHECK(document.part->name() == "d.pdf");
}

TEST_CASE("a file that cannot be sent is refused with its name and the reason") {
  const scratch dir;
  CHECK(has(refusal(dir.at("none")), "none: No such file"));
  CHECK(has(refusal("/tmp"), "cannot read /tmp: Is a directory"));
  CHECK(has(refusal(dir.write("old.txt", "caf\xe9")), "old.txt is not UTF-8 (byte 0xe9 at offset 3)"));
  CHECK(has(refusal(dir.write("bin", "\x7f"
                                     "ELF\x02\xff")),
            "bin is binary data of an unknown kind: text, images"));
  CHECK(has(refusal(dir.write("zero", "a\0b"s)), "zero is binary data"));
  CHECK(has(refusal(dir.write("v.mp4", "\0\0\0\x18"
                                       "ftypisom\0\0\0\0"s)),
            "v.mp4 is video/mp4: text"));
}

TEST_CASE("only a pipe or socket that no other process of the session writes to counts as inherited") {
  const scratch dir;
  const descriptor file(::open(dir.write("f", "x").c_str(), O_RDONLY | O_CLOEXEC));
  CHECK(cli::origin_of(file.get()) == cli::input_origin::redirected);
  const descriptor only_written(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  CHECK(cli::origin_of(only_written.get()) == cli::input_origin::none);
  CHECK(cli::origin_of(-1) == cli::input_origin::none);
  int both[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) == 0);
  const descriptor left(both[0]), right(both[1]);
  CHECK(cli::origin_of(left.get()) == cli::input_origin::inherited);

  REQUIRE(::pipe2(both, O_CLOEXEC) == 0);
  const descriptor out(both[0]), in(both[1]);
  CHECK(cli::origin_of(out.get()) == cli::input_origin::inherited);
  for (const bool writes : {true, false}) {
    const auto other = ::fork();
    if (other == 0) {
      ::close(writes ? out.get() : in.get());
      ::raise(SIGSTOP);
      ::_exit(0);
    }
    ::waitpid(other, nullptr, WUNTRACED);
    CHECK(cli::origin_of(out.get()) == (writes ? cli::input_origin::redirected : cli::input_origin::inherited));
    ::kill(other, SIGKILL);
    ::waitpid(other, nullptr, 0);
  }
  CHECK(cli::origin_of(out.get()) == cli::input_origin::inherited);
}
