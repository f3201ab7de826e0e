// The text of a simulated answer.
#include <doctest/doctest.h>

#include "sim/answer/text.hpp"

using weir::sim::answer_text;

TEST_CASE("a text ends before the first stop sequence, wherever tokens are split") {
  const auto whole = answer_text("hi").text(100);
  answer_text cut("hi");
  CHECK(cut.end_at({"nowhere", "is a low wa", "low"}, 100, false) == "is a low wa");
  const auto text = cut.text(cut.natural_length());
  CHECK(text.ends_with("A weir "));
  CHECK(whole.starts_with(text));
  answer_text at_word("hi");
  CHECK(at_word.end_at({"river", "wall"}, 100, true) == "wall");
  CHECK(at_word.text(at_word.natural_length()).ends_with("a low wall"));
}

TEST_CASE("a stop sequence that lies beyond the text's tokens does not end it") {
  answer_text text("hi");
  const auto length = text.natural_length();
  CHECK_FALSE(text.end_at({"low wall"}, 5, false));
  CHECK_FALSE(text.end_at({""}, 100, false));
  CHECK(text.natural_length() == length);
}

TEST_CASE("a text that is given verbatim is exactly that") {
  const std::string json = R"({"a":"two  spaces, größer"})";
  const auto text = answer_text::verbatim(json);
  CHECK(text.text(text.natural_length()) == json);
}
