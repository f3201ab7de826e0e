// Requests made from command lines.

#include "tool/arguments/task_arguments.hpp"
#include "tool/chat/chat_arguments.hpp"

#include <fstream>

#include <unistd.h>

#include <weir/core/error.hpp>

#include "tool/arguments/common.hpp"
#include "tool/arguments/help.hpp"

using namespace weir;

namespace {

/// A command line, as it follows `weir chat`.
template <class Arguments>
class line {
public:
  explicit line(std::vector<std::string> words) {
    arguments.add_to(app);
    common.add_to(app);
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  }
  CLI::App app;
  Arguments arguments;
  cli::common_options common;
};

chat chat_from(std::vector<std::string> words) { return line<cli::chat_arguments>(std::move(words)).arguments.make(); }

text_generation generated(std::vector<std::string> words) {
  return line<cli::task_arguments>(std::move(words)).arguments.make_generation();
}

template <class F>
std::string refusal(F f, errc code = errc::invalid_argument) {
  try {
    f();
  } catch (const error& e) {
    CHECK(e.code() == code);
    return e.failure().message();
  }
  return {};
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

class file {
public:
  explicit file(const std::string& content) {
    close(mkstemp(path.data()));
    std::ofstream(path) << content;
  }
  ~file() { unlink(path.c_str()); }
  std::string path = "/tmp/weir-test-XXXXXX";
};

} // namespace

TEST_CASE("the arguments of a prompt make one user message, after the system message") {
  const auto ask = chat_from({"--system", "Be brief", "why", "is", "it?", "--max-tokens", "7", "--temperature", "0.5"});
  REQUIRE(ask.messages().size() == 2);
  CHECK(ask.messages()[0].role() == "system");
  CHECK(ask.messages()[0].content() == "Be brief");
  CHECK(ask.messages()[1].content() == "why is it?");
  CHECK(ask.max_tokens() == 7);
  CHECK(ask.temperature() == 0.5);
}

TEST_CASE("a prompt may begin with a dash, after --") {
  CHECK(chat_from({"--", "-1", "squared"}).messages()[0].content() == "-1 squared");
}

TEST_CASE("options that may be repeated take one value each and leave the prompt alone") {
  const auto ask = chat_from({"--stop", "a", "--stop", "b", "why", "--param", "top_k=5", "--param", "user=\"x\""});
  CHECK(ask.messages()[0].content() == "why");
  CHECK(ask.stop() == std::vector<std::string>{"a", "b"});
  REQUIRE(ask.extra_body().size() == 2);
  CHECK(ask.extra_body()[0] == std::pair<std::string, std::string>("top_k", "5"));
}

TEST_CASE("texts are read from files") {
  const file prompt("from a file");
  const auto ask = chat_from({"@" + prompt.path, "--system", "@" + prompt.path});
  CHECK(ask.messages()[0].content() == "from a file");
  CHECK(ask.messages()[1].content() == "from a file");
  CHECK(has(refusal([] { chat_from({"@/no/such/file"}); }), "/no/such/file"));
  CHECK(has(refusal([] { chat_from({"@/tmp"}); }), "/tmp"));
}

TEST_CASE("images go with the prompt: files inline, URLs as they are") {
  const file image("GIF89a");
  const auto ask = chat_from({"what is it?", "--image", image.path, "--image", "https://example.org/x.png"});
  const auto& parts = ask.messages()[0].parts();
  REQUIRE(parts.size() >= 2);
  CHECK(parts[parts.size() - 2].value().starts_with("data:image/gif;base64,"));
  CHECK(parts.back().value() == "https://example.org/x.png");
}

TEST_CASE("a schema file may have a byte order mark and CR LF; token counts of a stream can be switched off") {
  const file schema("\xEF\xBB\xBF{\r\n\"type\":\"object\"}\r\n");
  CHECK(chat_from({"x", "--format", "@" + schema.path}).response_format()->value() == R"({"type":"object"})");
  CHECK_FALSE(chat_from({"x"}).include_usage());
  CHECK(chat_from({"x", "--no-usage"}).include_usage() == false);
}

TEST_CASE("what comes before the prompt is the prefix to cache, files included") {
  const file notes("the notes");
  const auto ask = chat_from({"what?", "--system", "be brief", "-f", notes.path, "--cache-prefix"});
  REQUIRE(ask.messages().size() == 3);
  CHECK(ask.messages()[0].cache_prefix());
  CHECK(ask.messages()[1].cache_prefix());
  CHECK(has(*ask.messages()[1].content(), "the notes"));
  CHECK(ask.messages()[2].content() == "what?");
  CHECK_FALSE(ask.messages()[2].cache_prefix());
  CHECK(chat_from({"what?", "-f", notes.path}).messages().size() == 1);
  CHECK(chat_from({"-f", notes.path, "--cache-prefix"}).messages().size() == 1);
  CHECK(chat_from({"x", "--conversation", "c-1"}).conversation() == "c-1");
}

TEST_CASE("a refusal names the argument") {
  CHECK(has(refusal([] { chat_from({"x", "--param", "nonsense"}); }), "name=value"));
  CHECK(has(refusal([] { chat_from({"x", "--format", "{"}); }), "--format"));
  CHECK(has(refusal([] { chat_from({""}); }), "no prompt"));
  CHECK(has(refusal([] { chat_from({"x", "--stop", "caf\xe9"}); }), "--stop is not UTF-8"));
  CHECK(has(refusal([] { chat_from({"x", "--param", "k=caf\xe9"}); }), "--param is not UTF-8"));
  CHECK(has(refusal([] { line<cli::chat_arguments>({"x", "-m", "caf\xe9"}).common.make(); }), "--model is not UTF-8"));
  CHECK(has(refusal([] { line<cli::chat_arguments>({"x", "--deadline", "3"}).common.make(); }), "--deadline: '3'"));
  CHECK(has(refusal([] { line<cli::chat_arguments>({"x", "--token-timeout", "soon"}).common.make(); }),
            "--token-timeout"));
  CHECK(has(refusal([] { line<cli::chat_arguments>({"x", "--header", "y"}).common.make(); }), "--header"));
  CHECK_THROWS_AS(chat_from({"x", "--max-tokens", "many"}), CLI::ParseError);
}

TEST_CASE("the common options become a client's options") {
  const auto o = line<cli::chat_arguments>({"x", "-p", "tgi", "-m", "a/b", "--base-url", "http://localhost:1",
                                            "--deadline", "3s", "--token-timeout", "0", "--header", "x-a: b: c"})
                     .common.make();
  CHECK(o.provider() == "tgi");
  CHECK(o.model() == "a/b");
  CHECK(o.deadline() == std::chrono::seconds(3));
  CHECK(o.inter_token_timeout() == duration());
  CHECK(o.first_token_timeout() == std::chrono::minutes(2));
  REQUIRE(o.headers().size() == 1);
  CHECK(o.headers()[0] == std::pair<std::string, std::string>("x-a", "b: c"));
}

TEST_CASE("the target is repeated in the words of a shell, without what may be a secret") {
  const auto words = [](std::vector<std::string> given) {
    given.insert(given.begin(), "x");
    return line<cli::chat_arguments>(given).common.target_words();
  };
  CHECK(words({}).empty());
  CHECK(words({"-p", "groq", "-m", "a/b:fastest", "--config", "none", "--header", "x-a: b"}) ==
        " --config none -p groq -m a/b:fastest");
  CHECK(words({"--base-url", "http://h/?a=b&c", "--api-key-env", "MY_KEY", "--query", "v=it's"}) ==
        R"( --base-url 'http://h/?a=b&c' --query 'v=it'\''s' --api-key-env MY_KEY)");
  CHECK(words({"--api-key-env", "hf_theKeyItselfByMistake"}).empty());
  CHECK(words({"--key-scheme", ""}) == " --key-scheme ''");
}

TEST_CASE("a variable of --api-key-env that is not set is no error where none is needed") {
  const auto given = line<cli::chat_arguments>({"x", "--config", "none", "--api-key-env", "NOT_SET_AT_ALL"});
  std::string unset;
  CHECK_FALSE(given.common.read(&unset).settings.credentials().default_key());
  CHECK(unset == "NOT_SET_AT_ALL");
  CHECK(has(refusal([&] { (void)given.common.make(); }, errc::missing_key), "NOT_SET_AT_ALL is not set"));
}

TEST_CASE("a generation is read from text or JSON, its parameters by name and type") {
  CHECK(generated({"--input", "Once"}).prompt() == "Once");
  CHECK(generated({"--input", "\"Once\""}).prompt() == "Once");
  CHECK(generated({"--input", "5"}).prompt() == "5");
  const auto ask = generated({"--input", R"({"inputs": "Once", "parameters": {"top_k": 3, "stop": ["a", "b"]}})",
                              "--param", "do_sample=true", "--param", "temperature=0.5", "--param", "stop=c"});
  CHECK(ask.prompt() == "Once");
  CHECK(ask.top_k() == 3);
  CHECK(ask.do_sample() == true);
  CHECK(ask.temperature() == 0.5);
  CHECK(ask.stop() == std::vector<std::string>{"a", "b", "c"});
  CHECK(has(refusal([] { generated({"--input", "x", "--param", "nonsense=1"}); }), "max_new_tokens"));
  CHECK(has(refusal([] { generated({"--input", "x", "--param", "top_k=many"}); }), "top_k takes a whole number"));
  CHECK(has(refusal([] { generated({"--input", "x", "--param", "watermark=1"}); }), "true or false"));
  CHECK(has(refusal([] { generated({"--input", "{}"}); }), "inputs"));
}
