// Which tool the simulated model calls.
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "sim/answer/tools.hpp"

using namespace weir;

namespace {

// The name of the tool that is called, `-` for none, or what is wrong with the choice.
std::string picked(std::string_view choice, std::string_view prompt, bool answers_user = true) {
  const auto body = codec::parse_argument(
      R"({"tools":[{"function":{"name":"clock"}},{"function":{"name":"get_weather"}},{"type":"other"}],"tool_choice":)" +
          std::string(choice) + "}",
      "body");
  sim::tool_offer offer;
  offer.add(codec::array_at(body, "tools"), "function");
  if (auto wrong = sim::read_tool_choice(offer, body); !wrong.empty())
    return wrong;
  const auto* tool = offer.pick(prompt, answers_user);
  return tool ? std::string(codec::string_at(*tool, "name").value()) : "-";
}

} // namespace

TEST_CASE("by itself the model calls the tool that the prompt mentions, or the first one for the word tool") {
  for (const auto* choice : {"\"auto\"", "null"}) {
    CHECK(picked(choice, "hello") == "-");
    CHECK(picked(choice, "use a tool") == "clock");
    CHECK(picked(choice, "call get_weather now") == "get_weather");
    CHECK(picked(choice, "get_weather_now, clockwork") == "-");
    CHECK(picked(choice, "the tool's result", false) == "-");
  }
}

TEST_CASE("a tool choice forbids calls, demands one, or names the tool") {
  CHECK(picked("\"none\"", "use a tool") == "-");
  CHECK(picked("\"required\"", "hello") == "clock");
  CHECK(picked("\"required\"", "get_weather", false) == "get_weather");
  CHECK(picked(R"({"type":"function","function":{"name":"get_weather"}})", "use the clock") == "get_weather");
  CHECK(picked(R"({"type":"function","name":"get_weather"})", "hello") == "get_weather");
}

TEST_CASE("a tool choice that cannot be met is refused") {
  CHECK(picked(R"({"function":{"name":"missing"}})", "") ==
        "tool_choice names the tool 'missing', which is not among the tools.");
  CHECK(picked("\"sometimes\"", "") == "tool_choice must be none, auto, required or a function.");
  CHECK(picked("{}", "") == "tool_choice must be none, auto, required or a function with its name.");
  sim::tool_offer none;
  CHECK(sim::read_tool_choice(none, codec::parse_argument(R"({"tool_choice":"required"})", "body")) ==
        "tool_choice demands a tool, but the request offers none.");
}
