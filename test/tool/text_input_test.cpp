// Encodings of texts and types of files that the user gives.

#include "tool/arguments/text_input.hpp"

#include <unistd.h>

#include <fstream>

#include <doctest/doctest.h>

#include <weir/core/error.hpp>

using namespace weir;
using namespace std::string_literals;

namespace {

std::string refusal(const std::string& bytes) {
  try {
    cli::as_text(bytes, "p.txt");
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return {};
}

class file {
public:
  explicit file(const std::string& content) {
    ::close(::mkstemp(path.data()));
    std::ofstream(path) << content;
  }
  ~file() { ::unlink(path.c_str()); }
  std::string path = "/tmp/weir-input-XXXXXX";
};

} // namespace

TEST_CASE("a text is UTF-8, or UTF-16 with a byte order mark; the mark is dropped") {
  CHECK(cli::as_text("caf\xc3\xa9\r\n", "p") == "caf\xc3\xa9\r\n");
  CHECK(cli::as_text("\xEF\xBB\xBFhi", "p") == "hi");
  CHECK(cli::as_text("\xFF\xFEH\0i\0\xe9\0"s, "p") == "Hi\xc3\xa9");
  CHECK(cli::as_text("\xFE\xFF\0H\0i"s, "p") == "Hi");
  CHECK(cli::as_text("", "p").empty());
}

TEST_CASE("another encoding is refused, with the offset and what to do") {
  const auto latin = refusal("caf\xe9 au lait");
  CHECK(latin.find("p.txt is not UTF-8 (byte 0xe9 at offset 3)") == 0);
  CHECK(latin.find("iconv") != std::string::npos);
  CHECK(refusal("H\0i\0"s).find("zero byte at offset 1") != std::string::npos);
  CHECK(refusal("\xFF\xFEH"s).find("UTF-16") != std::string::npos);
  CHECK(refusal("\xFF\xFE\x3d\xd8H\0"s).find("UTF-16") != std::string::npos);
}

TEST_CASE("a file keeps its name, and the type of an image comes from its bytes") {
  const file png("\x89PNG\r\n\x1a\n");
  const auto m = cli::read_image("@" + png.path);
  CHECK(m.content_type == "image/png");
  CHECK(m.name == png.path.substr(5));
  const file pdf("%PDF-1.7"), words("not really");
  CHECK_THROWS_WITH_AS(cli::read_image("@" + pdf.path), doctest::Contains("application/pdf"), error);
  CHECK_THROWS_WITH_AS(cli::read_image("@" + words.path), doctest::Contains(words.path.c_str()), error);
}
