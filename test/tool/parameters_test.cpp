// The list of the tasks' parameters is that of their classes.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <weir/core/error.hpp>

#include "tool/arguments/help.hpp"
#include "tool/arguments/parameters.hpp"
#include "tool/arguments/task_arguments.hpp"

using namespace weir;
using cli::parameter_type;

namespace {

using types = std::map<std::string, std::string>;

std::string read(const std::string& header) {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/include/weir/task/" + header);
  REQUIRE(in);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

// What the macros and functions of a class say about its parameters.
types parameters_in(const std::string& body) {
  types found;
  const auto each = [&body](const char* pattern, const auto& use) {
    const std::regex row(pattern);
    for (std::sregex_iterator it(body.begin(), body.end(), row), end; it != end; ++it)
      use(*it);
  };
  each(R"re((?:WEIR_TASK_PARAMETER\(\s*\w+,|WEIR_OPTIONAL\(text_generation,)\s*([\w:]+),\s*(\w+)\))re",
       [&](const std::smatch& m) { found[m[2]] = m[1]; });
  each(R"re(WEIR_TASK_NAMED\([^()]*append_parameter,\s*"(\w+)"\))re",
       [&](const std::smatch& m) { found[m[1]] = "list"; });
  each(R"re(stop_\.push_back)re", [&](const std::smatch&) { found["stop"] = "list"; });
  each(R"re(set_target_size)re", [&](const std::smatch&) { found["target_size"] = "json_text"; });
  each(R"re(WEIR_TASK_INPUT\(\s*\w+, std::string, (prompt), add_text\))re",
       [&](const std::smatch& m) { found[m[1]] = "std::string"; });
  if (body.find(" media, image, add_input") != std::string::npos)
    each(R"re(WEIR_TASK_NAMED\([^()]*set_field, "(question)"\))re",
         [&](const std::smatch& m) { found[m[1]] = "std::string"; });
  return found;
}

std::map<task_kind, types> classes() {
  std::map<task_kind, types> all;
  std::string text = read("text_generation.hpp");
  for (const auto* header : {"hub/audio_tasks.hpp", "hub/text_tasks.hpp", "hub/vision_tasks.hpp"})
    text += read(header);
  std::size_t at = 0;
  while ((at = text.find("\nclass ", at)) != std::string::npos) {
    at += 7;
    auto name = text.substr(at, text.find_first_of(" ;", at) - at);
    std::replace(name.begin(), name.end(), '_', '-');
    if (const auto what = find_task_kind(name))
      all[*what] = parameters_in(text.substr(at, text.find("\n};", at) - at));
  }
  return all;
}

std::string type_of(const cli::parameter& p) {
  switch (p.type) {
  case parameter_type::text: return "std::string";
  case parameter_type::texts: return "list";
  case parameter_type::whole: return "std::int64_t";
  case parameter_type::natural: return "std::uint64_t";
  case parameter_type::number: return "double";
  case parameter_type::flag: return "bool";
  case parameter_type::data: break;
  }
  return p.name == "grammar" ? "weir::grammar" : "json_text";
}

const char* example(const cli::parameter& p) {
  switch (p.type) {
  case parameter_type::text:
  case parameter_type::texts: return "left";
  case parameter_type::whole:
  case parameter_type::natural: return "3";
  case parameter_type::number: return "0.5";
  case parameter_type::flag: return "true";
  case parameter_type::data: break;
  }
  return p.name == "grammar" ? R"({"type":"regex","value":"a"})" : R"({"width":8,"height":8})";
}

cli::task_arguments given(std::vector<std::string> words) {
  CLI::App app;
  cli::task_arguments arguments;
  arguments.add_to(app);
  std::reverse(words.begin(), words.end());
  app.parse(words);
  return arguments;
}

std::string refusal(task_kind what, std::vector<std::string> words) {
  try {
    (void)given(std::move(words)).make_task(what);
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return {};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

} // namespace

TEST_CASE("the list of parameters has every parameter of every task's class, with its type, and no other") {
  const auto all = classes();
  CHECK(all.size() + 1 == all_task_kinds().size()); // all but chat
  for (const auto& [what, wanted] : all) {
    types listed;
    for (const auto& p : cli::parameters_of(what)) {
      CHECK_MESSAGE(!p.meaning.empty(), p.name);
      CHECK_MESSAGE(listed.emplace(p.name, type_of(p)).second, p.name << " is listed twice");
    }
    INFO(name_of(what));
    for (const auto& [name, type] : wanted) {
      INFO(name);
      REQUIRE(listed.contains(name));
      CHECK(listed[name] == type);
    }
    CHECK(listed.size() == wanted.size());
  }
}

TEST_CASE("a generation takes every parameter that is listed for it") {
  for (const auto& p : cli::parameters_of(task_kind::text_generation)) {
    INFO(p.name);
    CHECK_NOTHROW((void)given({"--input", "x", "--param", std::string(p.name) + "=" + example(p)}).make_generation());
  }
}

TEST_CASE("an unknown parameter is refused with the name that was meant, or with those there are") {
  const auto what = task_kind::text_to_image;
  const auto near = refusal(what, {"--input", "x", "--param", "guidance_scal=3"});
  CHECK(has(near, "text-to-image has no parameter 'guidance_scal'; did you mean guidance_scale?"));
  CHECK(has(near, "--other"));
  CHECK(has(refusal(what, {"--input", "x", "--param", "nonsense=3"}), "it has prompt, negative_prompt, height"));
  CHECK(has(refusal(task_kind::audio_to_audio, {"--input", "data:audio/wav;base64,UklG", "--param", "a=3"}),
            "it has none"));
}

TEST_CASE("OpenAI's response_format, which encoders know, is a parameter of the tasks that OpenAI has") {
  const auto ask = given({"--input", "x", "--param", "response_format=b64_json"}).make_task(task_kind::text_to_image);
  REQUIRE(ask.parameter("response_format"));
  CHECK(has(refusal(task_kind::summarization, {"--input", "x", "--param", "response_format=text"}), "no parameter"));
}

TEST_CASE("other parameters are sent on purpose, as they are") {
  const auto ask =
      given({"--input", "x", "--other", "guidance_scal=3", "--other", "style=oil"}).make_task(task_kind::text_to_image);
  REQUIRE(ask.parameter("guidance_scal"));
  CHECK(std::get<std::int64_t>(ask.parameter("guidance_scal")->value) == 3);
  CHECK(std::get<std::string>(ask.parameter("style")->value) == "oil");
  const auto generation = given({"--input", "x", "--other", "lora=1"}).make_generation();
  REQUIRE(generation.extra_body().size() == 1);
  CHECK(generation.extra_body().front() == std::pair<std::string, std::string>("lora", "1"));
}

TEST_CASE("a value has the type of its parameter: a text may look like a number, a number may not be a text") {
  const auto ask =
      given({"--input", "x", "--param", "negative_prompt=7", "--param", "seed=7"}).make_task(task_kind::text_to_image);
  CHECK(std::get<std::string>(ask.parameter("negative_prompt")->value) == "7");
  const auto no = [](const char* value) {
    return refusal(task_kind::text_to_image, {"--input", "x", "--param", value});
  };
  CHECK(has(no("width=wide"), "the parameter width takes a whole number"));
  CHECK(has(no("width=1.5"), "the parameter width takes a whole number"));
  CHECK(has(no("seed=-1"), "the parameter seed takes a whole number that is not negative"));
  CHECK(has(no("guidance_scale=\"3\""), "the parameter guidance_scale takes a number"));
  CHECK(has(refusal(task_kind::summarization, {"--input", "x", "--param", "generate_parameters={"}), "takes JSON"));
  CHECK(has(refusal(task_kind::feature_extraction, {"--input", "x", "--param", "normalize=1"}), "true or false"));
}

TEST_CASE("a parameter with a list of values takes no other") {
  const auto no = [](task_kind what, const char* value) { return refusal(what, {"--input", "x", "--param", value}); };
  CHECK(no(task_kind::text_classification, "function_to_apply=softmax").empty());
  CHECK(no(task_kind::text_classification, "function_to_apply=sofmax") ==
        "the parameter function_to_apply takes sigmoid, softmax or none, not 'sofmax'; did you mean softmax? (--other "
        "sends any value as it is)");
  CHECK(has(no(task_kind::summarization, "truncation=true"), "takes do_not_truncate, longest_first, "));
  CHECK(has(no(task_kind::feature_extraction, "truncation_direction=up"), "takes left or right, not 'up' (--other"));
  CHECK(has(cli::parameter_help(task_kind::token_classification), "none, simple, first, average or max"));
}

TEST_CASE("only a parameter that is a list may be given more than once") {
  const auto ask = given({"--input", "x", "--param", "candidate_labels=a", "--param", "candidate_labels=b"})
                       .make_task(task_kind::zero_shot_classification);
  CHECK(std::get<std::vector<std::string>>(ask.parameter("candidate_labels")->value) ==
        std::vector<std::string>{"a", "b"});
  CHECK(has(refusal(task_kind::text_to_image, {"--input", "x", "--param", "seed=1", "--param", "seed=2"}),
            "the parameter seed is given more than once"));
}

TEST_CASE("a task's help has a line for each parameter, at most 100 columns wide") {
  for (const auto what : all_task_kinds()) {
    const auto text = cli::parameter_help(what);
    for (const auto& p : cli::parameters_of(what))
      CHECK(has(text, "  " + std::string(p.name) + "=" + std::string(cli::words_of(p.type))));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
      CHECK_MESSAGE(line.size() <= 100, line);
  }
}

TEST_CASE("an unknown task is refused with the name that was meant") {
  try {
    (void)cli::task_of("text-to-imag");
    FAIL("no such task");
  } catch (const error& e) {
    CHECK(has(e.failure().message(), "unknown task 'text-to-imag'; did you mean text-to-image?"));
  }
}
