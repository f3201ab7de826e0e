#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <weir/bench/prompts.hpp>
#include <weir/core/error.hpp>

#include "bench/data/filler.hpp"
#include "bench/data/length.hpp"

namespace {

using namespace weir;
using namespace std::chrono_literals;

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return {};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

std::uint64_t words(std::string_view text) {
  return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), ' '));
}

const chat& chat_of(const bench_prompt& p) { return std::get<chat>(p.request()); }
std::string user_of(const bench_prompt& p) { return chat_of(p).messages().back().content().value_or(""); }
std::string system_of(const bench_prompt& p) { return chat_of(p).messages().front().content().value_or(""); }

std::vector<bench_prompt> take(bench_prompts& from, std::size_t n) {
  std::vector<bench_prompt> all;
  while (all.size() < n) {
    auto p = from.next();
    REQUIRE(p);
    all.push_back(*std::move(p));
  }
  return all;
}

std::vector<bench_prompt> made(const synthetic_prompts& o, std::size_t n) {
  return take(*make_synthetic_prompts(o), n);
}

std::vector<double> drawn(std::string_view text, std::size_t n) {
  std::mt19937_64 random(5);
  std::vector<double> all;
  for (std::size_t i = 0; i < n; ++i)
    all.push_back(static_cast<double>(data::draw(parse_bench_length(text), random)));
  return all;
}

double mean(const std::vector<double>& all) {
  double sum = 0;
  for (const double x : all)
    sum += x;
  return sum / static_cast<double>(all.size());
}

} // namespace

TEST_CASE("a length is what its text says, and back") {
  for (const auto* text :
       {"1", "512", "1000000", "100..200", "7..7", "normal(512,64)", "normal(512.5,0)", "lognormal(512,0.5)"})
    CHECK(parse_bench_length(text).text() == text);
  CHECK(parse_bench_length("normal(512, 64)").text() == "normal(512,64)");
  CHECK(bench_length(128).text() == "128");

  const auto why = [](std::string_view text) { return refusal([&] { parse_bench_length(text); }); };
  for (const auto* text : {"", "many", "5 ", "1..", "..5", "normal(5)", "normal(5,6", "normal(5,6) ", "uniform(1,2)"})
    CHECK(has(why(text), "write a number such as 512"));
  for (const auto* text :
       {"0", "-1", "1000001", "0..5", "5..1000001", "normal(0,1)", "lognormal(-1,1)", "nan", "inf", "normal(nan,1)"})
    CHECK(has(why(text), "is not from 1 to 1,000,000"));
  for (const auto* text : {"normal(5,-1)", "normal(5,nan)", "lognormal(5,11)"})
    CHECK(has(why(text), "deviation"));
  CHECK(has(why("200..100"), "smaller number last"));
  CHECK(has(why("1.5"), "whole"));
  CHECK(has(why("1.5..2"), "whole"));
}

TEST_CASE("lengths are distributed as they say") {
  CHECK(drawn("512", 3) == std::vector<double>{512, 512, 512});
  const auto even = drawn("100..200", 50'000);
  CHECK(*std::min_element(even.begin(), even.end()) == 100);
  CHECK(*std::max_element(even.begin(), even.end()) == 200);
  CHECK(mean(even) == doctest::Approx(150).epsilon(0.01));
  const auto normal = drawn("normal(512,64)", 50'000);
  CHECK(mean(normal) == doctest::Approx(512).epsilon(0.005));
  double squares = 0;
  for (const double x : normal)
    squares += (x - 512) * (x - 512);
  CHECK(std::sqrt(squares / 50'000) == doctest::Approx(64).epsilon(0.02));
  auto skewed = drawn("lognormal(512,0.5)", 50'000);
  std::sort(skewed.begin(), skewed.end());
  CHECK(skewed[25'000] == doctest::Approx(512).epsilon(0.02));
  CHECK(skewed[static_cast<std::size_t>(0.8413 * 50'000)] == doctest::Approx(512 * std::exp(0.5)).epsilon(0.03));
  // Never out of bounds, however wide.
  for (const double x : drawn("normal(10,1000000)", 20'000))
    if (!(x >= 1 && x <= 1'000'000))
      REQUIRE(x == 1);
  for (const double x : drawn("lognormal(1000,10)", 20'000))
    if (!(x >= 1 && x <= 1'000'000))
      REQUIRE(x == 1);
  // On every machine the same.
  CHECK(drawn("1..1000000", 3) == std::vector<double>{673'065, 38'495, 225'289});
  CHECK(drawn("normal(1000,300)", 3) == std::vector<double>{765, 980, 885});
  CHECK(drawn("lognormal(1000,1)", 3) == std::vector<double>{456, 935, 682});
}

TEST_CASE("made-up prompts have the lengths that are wanted, and ask for those of answers") {
  const auto all = made(synthetic_prompts().input(100).output(50), 20);
  for (const auto& p : all) {
    CHECK(chat_of(p).messages().size() == 1);
    CHECK(words(user_of(p)) == 100);
    CHECK(chat_of(p).max_tokens() == 50);
    CHECK(chat_of(p).extra_body().empty());
    CHECK(p.input_tokens() == 100);
    CHECK(p.output_tokens() == 50);
    CHECK(p.turns().empty());
    CHECK_FALSE(p.at());
  }
  const auto other = made(synthetic_prompts().input(parse_bench_length("10..20")).ignore_eos(true), 200);
  std::set<std::uint64_t> lengths;
  for (const auto& p : other) {
    CHECK(p.input_tokens() == words(user_of(p)));
    CHECK(chat_of(p).extra_body() == std::vector<std::pair<std::string, std::string>>{{"ignore_eos", "true"}});
    lengths.insert(p.input_tokens());
  }
  CHECK(lengths.size() == 11);
}

TEST_CASE("each made-up prompt is another one, from its first words on, and the same for the same seed") {
  std::set<std::string> texts, beginnings;
  for (const auto& p : made(synthetic_prompts().input(4), 20'000))
    texts.insert(user_of(p));
  CHECK(texts.size() == 20'000);
  for (const auto& p : made(synthetic_prompts().input(200), 2'000)) {
    auto text = user_of(p);
    std::size_t end = 0;
    for (int i = 0; i < 4; ++i)
      end = text.find(' ', end + 1);
    beginnings.insert(text.substr(0, end));
  }
  CHECK(beginnings.size() == 2'000);
  texts.clear();
  for (const auto& p : made(synthetic_prompts().input(2), 128 * 128)) // all that there are
    texts.insert(user_of(p));
  CHECK(texts.size() == 128 * 128);

  const auto seeded = [](std::uint64_t seed) {
    std::string all;
    for (const auto& p : made(synthetic_prompts().input(parse_bench_length("5..9")).seed(seed), 50))
      all += user_of(p);
    return all;
  };
  CHECK(seeded(1) == seeded(1));
  CHECK(seeded(1) != seeded(2));
  CHECK(user_of(made(synthetic_prompts().input(6).seed(1), 1)[0]) == " are off hand into before old");
}

TEST_CASE("a shared prefix is the same bytes for all that share it") {
  const auto one = made(synthetic_prompts().input(10).shared_prefix(300), 30);
  for (const auto& p : one) {
    CHECK(chat_of(p).messages().size() == 2);
    CHECK(chat_of(p).messages().front().role() == "system");
    CHECK(words(system_of(p)) == 300);
    CHECK(system_of(p) == system_of(one[0]));
    CHECK(p.input_tokens() == 310);
  }
  CHECK(user_of(one[0]) != user_of(one[1]));
  std::map<std::string, int> kinds;
  for (const auto& p : made(synthetic_prompts().input(10).shared_prefix(50).prefixes(4), 400))
    ++kinds[system_of(p)];
  CHECK(kinds.size() == 4);
  for (const auto& [text, n] : kinds)
    CHECK(n > 60);
}

TEST_CASE("conversations have their turns, each with a message of its own and a time to think") {
  const auto all = made(synthetic_prompts().input(20).output(7).turns(3).think(2s), 400);
  std::set<std::string> texts;
  double waited = 0;
  for (const auto& p : all) {
    REQUIRE(p.turns().size() == 2);
    texts.insert(user_of(p));
    for (const auto& t : p.turns()) {
      REQUIRE(t.messages().size() == 1);
      CHECK_FALSE(t.request());
      CHECK(t.messages()[0].role() == "user");
      CHECK(words(t.messages()[0].content().value_or("")) == 20);
      CHECK(t.output_tokens() == 7);
      texts.insert(t.messages()[0].content().value_or(""));
      waited += std::chrono::duration<double>(t.delay()).count();
    }
  }
  CHECK(texts.size() == 1200);
  CHECK(waited / 800 == doctest::Approx(2).epsilon(0.1));
  std::set<std::size_t> lengths;
  for (const auto& p : made(synthetic_prompts().input(1).turns(parse_bench_length("1..4")), 100))
    lengths.insert(p.turns().size());
  CHECK(lengths == std::set<std::size_t>{0, 1, 2, 3});
}

TEST_CASE("made-up prompts tell what they are, and refuse what cannot be") {
  CHECK(make_synthetic_prompts(synthetic_prompts())->text() == "synthetic: 512 in, 128 out");
  CHECK(make_synthetic_prompts(synthetic_prompts()
                                   .input(parse_bench_length("normal(512,64)"))
                                   .shared_prefix(1000)
                                   .prefixes(4)
                                   .turns(3)
                                   .think(2s))
            ->text() ==
        "synthetic: normal(512,64) in, 128 out, after 1000 shared, of 4 kinds, 3 turns, 2.00 s between them");
  CHECK(has(make_synthetic_prompts(synthetic_prompts().shared_prefix(9))->text(), "after 9 shared by all"));

  const auto why = [](synthetic_prompts o) { return refusal([&] { make_synthetic_prompts(std::move(o)); }); };
  CHECK(has(why(synthetic_prompts().input(0)), "input: \"0\" is not from 1"));
  CHECK(has(why(synthetic_prompts().output(2'000'000)), "output: "));
  CHECK(has(why(synthetic_prompts().turns(1001)), "at most 1,000 turns"));
  CHECK(has(why(synthetic_prompts().turns(parse_bench_length("1..1001"))), "at most 1,000 turns"));
  CHECK(has(why(synthetic_prompts().shared_prefix(1'000'001)), "prefix"));
  CHECK(has(why(synthetic_prompts().shared_prefix(1).prefixes(0)), "prefixes"));
  CHECK(has(why(synthetic_prompts().prefixes(2)), "shared_prefix()"));
  CHECK(has(why(synthetic_prompts().think(-1s)), "think"));
  CHECK(
      has(why(synthetic_prompts().input(bench_length(bench_length::kind::normal, std::nan(""), 1))), "is not from 1"));
}

TEST_CASE("requests of the caller's own come again and again") {
  std::vector<batch_item::request_type> all;
  CHECK(has(refusal([&] { bench_prompts_of(all); }), "needs a request"));
  all.emplace_back(chat().user("one"));
  all.emplace_back(chat().user("two"));
  const auto from = bench_prompts_of(all);
  CHECK(from->text() == "2 prompts");
  for (const auto* wanted : {"one", "two", "one", "two", "one"}) {
    const auto p = *from->next();
    CHECK(user_of(p) == wanted);
    CHECK(p.fingerprint() == batch_fingerprint(p.request()));
  }
}
