// Assembling a text generation from events.
#include <doctest/doctest.h>

#include <weir/task/text_generation.hpp>

using weir::event;
using weir::generation;

namespace {

event token(std::int64_t id, std::string text, bool special) {
  auto more = std::make_shared<event::details>();
  more->token.emplace();
  more->token->id = id;
  more->token->text = text;
  more->token->special = special;
  return event(event::kind::text, special ? std::string() : text, 0, more);
}

} // namespace

TEST_CASE("a generation joins its tokens and keeps the special ones apart from the text") {
  generation g;
  g.add(token(5, "one", false));
  g.add(token(6, " two", false));
  g.add(token(1, "</s>", true));
  CHECK(g.text() == "one two");
  CHECK(g.sequence.tokens.size() == 3);
  CHECK(g.outcome == weir::outcome::truncated);
}

TEST_CASE("the server's own text replaces the joined tokens") {
  generation g;
  g.add(token(5, "two", false));
  auto more = std::make_shared<event::details>();
  more->finish_reason = "eos_token";
  more->generated_text = "one two";
  more->seed = 18446744073709551615u;
  more->generated_tokens = 1;
  g.add(event(event::kind::finish, std::string(), 0, more));
  CHECK(g.text() == "one two");
  CHECK(g.sequence.finish_reason == "eos_token");
  CHECK(g.sequence.seed == 18446744073709551615u);
  CHECK(g.sequence.generated_tokens == 1u);
}

TEST_CASE("without the server's text the joined pieces stay, and other choices are left out") {
  generation g;
  g.add(event(event::kind::text, "a"));
  g.add(event(event::kind::text, "other", 1));
  auto more = std::make_shared<event::details>();
  more->finish_reason = "length";
  g.add(event(event::kind::finish, std::string(), 0, more));
  CHECK(g.text() == "a");
  CHECK(g.sequence.finish_reason == "length");
}
