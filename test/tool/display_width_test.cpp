// How many columns texts take, as wcwidth() has it.
#include "tool/output/display_width.hpp"

#include <doctest/doctest.h>

#include <clocale>
#include <cwchar>

using namespace weir;

TEST_CASE("East Asian characters and emoji take two columns, marks and joiners none") {
  CHECK(cli::columns_of("") == 0);
  CHECK(cli::columns_of("model") == 5);
  CHECK(cli::columns_of("模型") == 4);
  CHECK(cli::columns_of("ｱｲ") == 2);
  CHECK(cli::columns_of("한국") == 4);
  CHECK(cli::columns_of("\u1112\u1161\u11ab") == 2);
  CHECK(cli::columns_of("🚀✅") == 4);
  CHECK(cli::columns_of("e\u0301") == 1);
  CHECK(cli::columns_of("नि") == 2);
  CHECK(cli::columns_of("a\u200bb") == 2);
  CHECK(cli::columns_of("–…█") == 3);
  CHECK(cli::columns_of("\U0010ffff") == 1);
}

TEST_CASE("what is no UTF-8 takes a column for each byte, and is not read beyond its end") {
  CHECK(cli::columns_of("\xff\xff") == 2);
  CHECK(cli::columns_of("\xe6\xa8") == 2);
  CHECK(cli::columns_of("a\x80") == 2);
}

TEST_CASE("texts are filled up with spaces to their columns, and left as they are beyond") {
  CHECK(cli::padded("模型", 6) == "模型  ");
  CHECK(cli::padded("e\u0301", 2) == "e\u0301 ");
  CHECK(cli::padded("model", 3) == "model");
  CHECK(cli::right_aligned("模", 4) == "  模");
  CHECK(cli::right_aligned("12", 2) == "12");
}

TEST_CASE("the widths are the system's, but for what it does not know or sees otherwise") {
  const std::string before = std::setlocale(LC_CTYPE, nullptr);
  if (!std::setlocale(LC_CTYPE, "C.UTF-8"))
    return;
  int compared = 0, different = 0;
  for (char32_t c = 0x300; c < 0x1FAFF; ++c) {
    const int theirs = ::wcwidth(static_cast<wchar_t>(c));
    if (theirs < 0)
      continue;
    std::string text;
    if (c < 0x800)
      text = {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
    else if (c < 0x10000)
      text = {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
              static_cast<char>(0x80 | (c & 0x3F))};
    else
      text = {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)),
              static_cast<char>(0x80 | (c >> 6 & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
    ++compared;
    different += cli::columns_of(text) != static_cast<std::size_t>(theirs);
  }
  std::setlocale(LC_CTYPE, before.c_str());
  CHECK(compared > 50'000);
  // Unicode's versions differ, and a few format characters.
  CHECK(different < 200);
}

TEST_CASE("a line is cut to the columns of a terminal, whatever characters it has") {
  CHECK(cli::fitted("waiting", 20) == "waiting");
  CHECK(cli::fitted("waiting", 7) == "waiting");
  CHECK(cli::fitted("waiting", 6) == "waiti…");
  CHECK(cli::fitted("waiting", 1) == "…");
  CHECK(cli::fitted("waiting", 0).empty());
  CHECK(cli::fitted("日本語", 6) == "日本語");
  CHECK(cli::fitted("日本語", 5) == "日本…");
  CHECK(cli::fitted("日本語", 4) == "日…");
  CHECK(cli::fitted("e\xCC\x81t\xC3\xA9", 3) == "e\xCC\x81t\xC3\xA9");
  CHECK(cli::fitted("\xff\xff\xff", 2) == "\xff…");
}
