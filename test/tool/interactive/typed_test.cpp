// What is typed in a conversation: entries, commands, and the history of both.
#include <sys/stat.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "tool/interactive/entry.hpp"
#include "tool/interactive/history.hpp"
#include "tool/interactive/paste.hpp"
#include "tool/interactive/slash_command.hpp"
#include "tool/scratch.hpp"

using namespace weir;

namespace {

// The entry that these lines make; "open" if they make none.
std::string entered(std::initializer_list<const char*> lines) {
  cli::entry all;
  bool complete = false;
  for (const auto* line : lines) {
    REQUIRE_FALSE(complete);
    complete = all.add(line);
    CHECK(all.open() != complete);
  }
  return complete ? all.text() : "open";
}

} // namespace

TEST_CASE("a line is an entry, unless it ends in a backslash") {
  CHECK(entered({"hello"}) == "hello");
  CHECK(entered({"one\\", "two\\", "three"}) == "one\ntwo\nthree");
  CHECK(entered({"one\\"}) == "open");
  CHECK(entered({"one\\", ""}) == "one\n");
}

TEST_CASE("three quotes begin a block of lines, and end it at the end of a line") {
  CHECK(entered({"\"\"\"", "one", "", "two\\", "\"\"\""}) == "one\n\ntwo\\");
  CHECK(entered({"\"\"\"one", "two\"\"\"  "}) == "one\ntwo");
  CHECK(entered({"\"\"\"one\"\"\""}) == "one");
  CHECK(entered({"\"\"\"", "one", "\"\"\" two"}) == "open");
  CHECK(entered({"say \"\"\""}) == "say \"\"\"");
}

TEST_CASE("a tool's result is an id and a text, which may have several lines, or a file") {
  using both = std::pair<std::string, std::string>;
  const auto read = [](std::string_view text) { return cli::slash_command(text).two_arguments(); };
  CHECK(read("/result call_1  3 m ") == both("call_1", "3 m"));
  CHECK(read("/result call_1 wet\nand cold") == both("call_1", "wet\nand cold"));
  CHECK(read("/result call_1\n{\n}") == both("call_1", "{\n}"));
  CHECK(read("/result call_1 @a file") == both("call_1", "@a file"));
  const char* home = std::getenv("HOME");
  if (home)
    CHECK(read("/result call_1 @~/x") == both("call_1", std::string("@") + home + "/x"));
  CHECK(read("/result call_1") == both("call_1", ""));
  CHECK(read("/result") == both("", ""));
  CHECK(cli::slash_command("/save a\nb").what() == cli::slash_command::kind::none);
}

TEST_CASE("a command begins with a slash, and a prompt may after a space") {
  using kind = cli::slash_command::kind;
  const auto what = [](std::string_view text) { return cli::slash_command(text).what(); };
  CHECK(what("hello") == kind::none);
  CHECK(what(" /quit") == kind::none);
  CHECK(what("/quit\nand more") == kind::none);
  CHECK(what("/quit") == kind::quit);
  CHECK(what("/quitter") == kind::unknown);
  CHECK(cli::slash_command("/etc/passwd is what?").name() == "/etc/passwd");
  CHECK(cli::slash_command("/save  a file.json ").argument() == "a file.json");
  CHECK(cli::slash_command("/model").argument().empty());
}

TEST_CASE("the history is kept from one conversation to the next, in a file of its owner's") {
  const scratch dir;
  const auto path = dir.at("state/weir/history");
  cli::history first(path);
  first.add("one");
  first.add("one");
  first.add("two\nlines \\n");
  first.add("");
  first.add(std::string(100'000, 'x'));
  struct stat s{};
  REQUIRE(::stat(path.c_str(), &s) == 0);
  CHECK((s.st_mode & 0777) == 0600);
  CHECK(cli::history(path).entries() == std::vector<std::string>{"one", "two\nlines \\n"});
  // A line that another process is writing.
  dir.write("state/weir/history", "one\ntw");
  CHECK(cli::history(path).entries() == std::vector<std::string>{"one"});
}

TEST_CASE("the history keeps the last thousand entries, and works without a file") {
  const scratch dir;
  std::string many;
  for (int i = 0; i < 1500; ++i)
    many += std::to_string(i) + std::string(1000, 'x') + "\n";
  const auto path = dir.write("history", many);
  CHECK(cli::history(path).entries().size() == 1000);
  CHECK(dir.read("history").size() < many.size());
  CHECK(cli::history(path).entries().front().starts_with("500x"));
  cli::history none("");
  none.add("one");
  CHECK(none.entries().size() == 1);
  cli::history nowhere("/proc/none/history");
  nowhere.add("one");
  CHECK(nowhere.entries().size() == 1);
}

TEST_CASE("a line break that is pasted is text, and keys are keys") {
  const auto read = [](std::string_view sent) {
    cli::paste_filter filter;
    std::string out;
    for (const char c : sent)
      filter.add(c, out);
    CHECK(filter.holds() == (sent == "a\x1b" || sent == "\x1b[20"));
    filter.release(out);
    return out;
  };
  CHECK(read("a\x1b[200~one\r\ttwo\x1b[201~\r") == "aone\x16\n\x16\ttwo\r");
  CHECK(read("a\x1b[D\r") == "a\x1b[D\r");
  CHECK(read("\x1b\x1b[200~x\x1b[201~") == "\x1bx");
  CHECK(read("\x1b[200~\x1b[31mred\x1b[201~") == "\x16\x1b[31mred");
  CHECK(read("a\x1b") == "a\x1b");
  CHECK(read("\x1b[20") == "\x1b[20");
  CHECK(read("\x1b[20x") == "\x1b[20x");
}
