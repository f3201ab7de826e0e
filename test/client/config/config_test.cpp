// Configuration files: where they are found, what they may say, and how they are refused.

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include <weir/client/config.hpp>

#include "client/config/config_reader.hpp"
#include "client/config/named_key.hpp"

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using namespace weir;

namespace {

// An environment of the test's own, so that the developer's keys do not matter.
environment with(std::map<std::string, std::string> variables) {
  variables.emplace("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
  return [variables](const char* name) -> const char* {
    const auto it = variables.find(name);
    return it == variables.end() ? nullptr : it->second.c_str();
  };
}

options read(std::string_view text) { return options_from_json(text, "weir.json", with({{"MY_KEY", "gsk_test"}})); }

std::string refused(std::string_view text) {
  try {
    (void)read(text);
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_configuration);
    return e.what();
  }
  return "nothing was refused";
}

class folder {
public:
  folder() : path(fs::temp_directory_path() / ("weir_config_" + std::to_string(::getpid()))) {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~folder() { fs::remove_all(path); }
  std::string put(const std::string& name, const std::string& text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
    return (path / name).string();
  }
  fs::path path;
};

} // namespace

TEST_CASE("every option can be set in the file") {
  const auto o = read(R"({
    "$schema": "https://example.com/weir.schema.json",
    "provider": "groq", "model": "llama", "base_url": "https://example.com/v1", "bill_to": "acme",
    "deadline": "90s", "first_token_timeout": "1.5m", "inter_token_timeout": "250ms", "connect_timeout": "0", "idle_connection_timeout": "1h",
    "ca_file": "/etc/ca.pem", "client_certificate": "me.pem", "client_key": "me.key",
    "proxy": "http://127.0.0.1:3128", "unix_socket": "/run/llm.sock",
    "max_connections": 7, "max_waiting": 0,
    "headers": {"X-Team": "search", "X-Trace": "on"}
  })");
  CHECK(o.provider() == "groq");
  CHECK(o.model() == "llama");
  CHECK(o.base_url() == "https://example.com/v1");
  CHECK(o.bill_to() == "acme");
  CHECK(o.deadline() == 90s);
  CHECK(o.first_token_timeout() == 90s);
  CHECK(o.inter_token_timeout() == 250ms);
  CHECK(o.connect_timeout() == 0s);
  CHECK(o.idle_connection_timeout() == 1h);
  CHECK(o.ca_file() == "/etc/ca.pem");
  CHECK(o.client_certificate() == "me.pem");
  CHECK(o.client_key() == "me.key");
  CHECK(o.proxy() == "http://127.0.0.1:3128");
  CHECK(o.unix_socket() == "/run/llm.sock");
  CHECK(o.max_connections() == 7);
  CHECK(o.max_waiting() == 0);
  REQUIRE(o.headers().size() == 2);
  CHECK(o.headers()[0] == std::make_pair(std::string("X-Team"), std::string("search")));
}

TEST_CASE("what the file does not say keeps its default") {
  const auto o = read("{}");
  const options plain;
  CHECK(o.provider() == "auto");
  CHECK(o.deadline() == plain.deadline());
  CHECK(o.max_connections() == plain.max_connections());
  CHECK(o.headers().empty());
}

TEST_CASE("wrong types and values are refused with the field and what it must be") {
  CHECK(refused(R"([])") == "weir.json: must be an object, not a list");
  CHECK(refused(R"({"model": 3})") == "weir.json: model: must be a text, not 3");
  CHECK(refused(R"({"model": null})") == "weir.json: model: must be a text, not null");
  CHECK(refused(R"({"deadline": 30})") ==
        "weir.json: deadline: must be a duration such as \"250ms\", \"30s\" or \"5m\", not 30");
  CHECK(refused(R"({"deadline": "30 s"})") ==
        "weir.json: deadline: must be a duration such as \"250ms\", \"30s\" or \"5m\", not \"30 s\"");
  CHECK(refused(R"({"deadline": "-1s"})") ==
        "weir.json: deadline: must be a duration such as \"250ms\", \"30s\" or \"5m\", not \"-1s\"");
  CHECK(refused(R"({"max_connections": 0})") ==
        "weir.json: max_connections: must be a whole number from 1 to 1000000, not 0");
  CHECK(refused(R"({"max_connections": -3})") ==
        "weir.json: max_connections: must be a whole number from 1 to 1000000, not -3");
  CHECK(refused(R"({"max_connections": 1.5})") ==
        "weir.json: max_connections: must be a whole number from 1 to 1000000, not 1.5");
  CHECK(refused(R"({"max_connections": 18446744073709551615})") ==
        "weir.json: max_connections: must be a whole number from 1 to 1000000, not 18446744073709551615");
  CHECK(refused(R"({"headers": ["a"]})") == "weir.json: headers: must be an object, not a list");
  CHECK(refused(R"({"headers": {"a": {}}})") == "weir.json: headers.a: must be a text, not an object");
  CHECK(refused(R"({"headers": {"a b": "x"}})") == "weir.json: headers.a b: is not a header name");
  CHECK(refused(R"({"headers": {"a": "x\ny"}})") == "weir.json: headers.a: must be a text without control characters");
  CHECK(refused(R"({"$schema": 1})") == "weir.json: $schema: must be a text, not 1");
  CHECK(refused(R"({"base_url": "ftp://x"})").starts_with("weir.json: base_url: "));
}

TEST_CASE("unknown names are refused with the nearest known one") {
  CHECK(refused(R"({"modell": "x"})") == "weir.json: modell: no such setting; did you mean \"model\"?");
  CHECK(refused(R"({"Deadline": "1s"})") == "weir.json: Deadline: no such setting; did you mean \"deadline\"?");
  CHECK(refused(R"({"max_conections": 1})") ==
        "weir.json: max_conections: no such setting; did you mean \"max_connections\"?");
  CHECK(refused(R"({"zzz": 1})")
            .starts_with("weir.json: zzz: no such setting; the settings are $schema, vendors, provider, model, "));
  CHECK(refused("{\"zz\x7f\": 1}").starts_with("weir.json: zz : no such setting"));
  CHECK(refused(R"({"provider": "grok"})") == "weir.json: provider: no such provider; did you mean \"groq\"?");
  CHECK(refused(R"({"provider": "?"})") ==
        "weir.json: provider: no such provider; \"auto\" asks the Hugging Face router");
}

TEST_CASE("a duplicate name is refused with its path") {
  CHECK(refused(R"({"model": "a", "model": "b"})") == "weir.json: model: is given more than once");
  CHECK(refused(R"({"headers": {"a": "{\"[,", "b": [1, {}, []], "\u0061": ""}})") ==
        "weir.json: headers.a: is given more than once");
  CHECK(refused(R"({"x": [{"y": 1}, {"y": 1, "z": [], "y": 2}]})") == "weir.json: x[1].y: is given more than once");
}

TEST_CASE("invalid JSON is refused with line and column") {
  CHECK(refused("").starts_with("weir.json: is not JSON: line 1, column 1: "));
  CHECK(refused("{\n  \"model\": x\n}").starts_with("weir.json: is not JSON: line 2, column 12: "));
  CHECK(refused("{\n  // the model\n}") == "weir.json: is not JSON: line 2, column 3: comments are not allowed");
  CHECK(refused("{} {}") == "weir.json: is not JSON: line 1, column 4: something after the value");
  CHECK(refused("{\"a\": 1e999}").find("a number out of range") != std::string::npos);
  CHECK(refused(std::string(100'000, '[')).starts_with("weir.json: is not JSON: "));
}

TEST_CASE("keys come from the environment variables that the file names") {
  const auto get = with({{"A", "gsk_a-12345"}, {"C", "gsk_c-12345"}, {"HUB", "hf_x-12345"}});
  const auto o = options_from_json(R"({"keys": {"groq": ["A", "B", "C"], "huggingface": "HUB", "openai": "A"}})",
                                   "weir.json", get);
  CHECK(o.credentials().vendor("groq").last().reveal() == "gsk_a-12345");
  CHECK(o.credentials().vendor("openai").last().reveal() == "gsk_a-12345");
  CHECK(o.credentials().hugging_face().last().reveal() == "hf_x-12345");
  CHECK(o.credentials().named("C").last().reveal() == "gsk_c-12345");
  CHECK_FALSE(o.credentials().has("B"));
}

TEST_CASE("every policy's section reaches the options") {
  const auto get = with({{"A", "gsk_a-12345"}, {"B", "gsk_b-12345"}, {"H", "hf_a-12345"}, {"I", "hf_b-12345"}});
  const auto o = options_from_json(R"({
    "keys": {"groq": ["A", "B"], "openai": ["A"], "huggingface": ["H", "I"]},
    "key_pool": {"pause": "9s"},
    "retry": {"attempts": 4},
    "rate_limit": [{"tokens_per_minute": 1000}, {"target": "groq", "requests_per_minute": 30}],
    "concurrency": {"limit": 8},
    "breaker": {"enabled": false},
    "hedge": {"after": "p95"},
    "fallback": ["openai/gpt"],
    "routing": {"targets": ["groq/a", "cerebras/a"]},
    "tiers": [{"name": "small", "target": "groq/8b"}, {"name": "large", "target": "groq/70b"}]
  })",
                                   "weir.json", get);
  CHECK(o.keys().keys() == std::map<std::string, std::vector<std::string>>{
                               {"auto", {"H", "I"}}, {"groq", {"A", "B"}}, {"hf-inference", {"H", "I"}}});
  CHECK(o.keys().pause() == 9s);
  CHECK(o.retry().attempts() == 4);
  CHECK(o.rate_limit().tokens_per_minute() == 1000);
  REQUIRE(o.rate_limits().size() == 1);
  CHECK(o.rate_limits()[0].first == target("groq"));
  CHECK(o.rate_limits()[0].second.requests_per_minute() == 30);
  CHECK(o.concurrency().limit() == 8);
  CHECK_FALSE(o.breaker().enabled());
  CHECK(o.hedge().adaptive());
  CHECK(o.fallback().targets().size() == 1);
  CHECK(o.routing().targets().size() == 2);
  CHECK(o.tiers().list().size() == 2);
}

TEST_CASE("the environment's own credentials stay where the file names none") {
  const auto o =
      options_from_json("{}", "weir.json", with({{"HF_TOKEN", "hf_y-12345"}, {"GROQ_API_KEY", "gsk_g-12345"}}));
  CHECK(o.credentials().hugging_face().last().reveal() == "hf_y-12345");
  CHECK(o.credentials().vendor("groq").last().reveal() == "gsk_g-12345");
}

TEST_CASE("a file is read whose keys are not set, and says of each where it is missing") {
  const folder home;
  const auto file = home.put("weir.json", R"({
    "keys": {"groq": ["A", "B", "C"], "openai": "U", "cerebras": ["U", "V"], "huggingface": "HUB"},
    "fallback": [{"provider": "groq", "model": "m", "key": "W"}]})");
  const auto get = with({{"A", "gsk_a-12345"}, {"C", "gsk_c-12345"}, {"OPENAI_API_KEY", "sk-of-somebody-else"}});
  const auto all = load_with_keys(file, get);
  std::vector<std::string> problems;
  for (const auto& key : all.keys)
    problems.push_back(key.problem());
  CHECK(problems == std::vector<std::string>{
                        file + ": keys.groq: B is not set: it is left out of the pool",
                        file + ": keys.openai: U is not set: set it to the key",
                        file + ": keys.cerebras: none of U, V is set: set one to the key",
                        file + ": keys.huggingface: HUB is not set: set it to the key",
                        file + ": fallback[0].key: W is not set: set it to the key",
                    });
  CHECK(all.settings.keys().keys() == std::map<std::string, std::vector<std::string>>{{"groq", {"A", "C"}}});
  // Not the one of the environment: the file names another.
  CHECK(all.settings.credentials().vendor("openai").last().empty());
  CHECK(all.settings.credentials().has("W"));
  CHECK(all.key_of("cerebras")->missing());
  CHECK_FALSE(all.key_of("groq")->missing());
  CHECK(all.key_of("cohere") == nullptr);
}

TEST_CASE("the example file can be read where none of its keys is set") {
  const auto file = fs::path(WEIR_SOURCE_DIR) / "examples/weir.json";
  CHECK(options_from_file(file.string(), with({})).provider() == "groq");
}

TEST_CASE("keys that are misnamed or not a variable's name are refused") {
  CHECK(refused(R"({"keys": {"groq": []}})") == "weir.json: keys.groq: must not be an empty list");
  CHECK(refused(R"({"keys": {"groq": 1}})") == "weir.json: keys.groq: must be a text or a list of texts, not 1");
  CHECK(refused(R"({"keys": {"groq": ["MY_KEY", 2]}})") == "weir.json: keys.groq[1]: must be a text, not 2");
  CHECK(refused(R"({"keys": {"grog": "MY_KEY"}})") == "weir.json: keys.grog: no such provider; did you mean \"groq\"?");
  CHECK(refused(R"({"keys": {"groq": "4you"}})") ==
        "weir.json: keys.groq: must be the name of an environment variable, such as GROQ_API_KEY");
}

TEST_CASE("a key in the file is refused wherever it is, and never repeated") {
  const std::string key = "gsk_0123456789abcdefghijklmn";
  const std::string advice =
      ": looks like a key itself; put the key into an environment variable and its name into \"keys\"";
  CHECK(refused(R"({"keys": {"groq": ")" + key + "\"}}") == "weir.json: keys.groq" + advice);
  CHECK(refused(R"({"headers": {"X-Key": "Bearer )" + key + "\"}}") == "weir.json: headers.X-Key" + advice);
  CHECK(refused(R"({"fallback": {"targets": [{"key": ")" + key + "\"}]}}") ==
        "weir.json: fallback.targets[0].key" + advice);
  CHECK(refused("{\"keys\": {\"" + key + "\": 1}}") ==
        "weir.json: keys: a name in here looks like a key itself; keys belong in environment variables");
  CHECK(refused(R"({"headers": {"Authorization": "x"}})") ==
        "weir.json: headers.Authorization: keys are never in a file; name their environment variables in \"keys\"");
  CHECK(refused(R"({"proxy": "http://me:secret@127.0.0.1:3128"})") ==
        "weir.json: proxy: must not hold a user or password; set HTTPS_PROXY in the environment instead");
  // A variable whose value cannot be a key: the message names the place, not the value.
  try {
    (void)options_from_json(R"({"keys": {"groq": "BAD"}})", "weir.json", with({{"BAD", "two words"}}));
    FAIL("accepted");
  } catch (const error& e) {
    CHECK(e.code() == errc::malformed_key);
    CHECK(std::string(e.what()).starts_with("weir.json: keys.groq: "));
    CHECK(std::string(e.what()).find("two words") == std::string::npos);
  }
}

TEST_CASE("names of variables and models are not taken for keys") {
  CHECK_FALSE(looks_like_key("GROQ_API_KEY_OF_THE_WHOLE_TEAM"));
  CHECK_FALSE(looks_like_key("hf_short"));
  CHECK_FALSE(looks_like_key("meta-llama/Llama-3.3-70B-Instruct"));
  CHECK(looks_like_key("hf_0123456789abcdefghij"));
  CHECK(looks_like_key("sk-proj-0123456789abcdef"));
}

TEST_CASE("the example file can be read") {
  const auto file = fs::path(WEIR_SOURCE_DIR) / "examples/weir.json";
  const auto get = with({{"GROQ_API_KEY", "gsk_1-12345"},
                         {"GROQ_API_KEY_2", "gsk_2-12345"},
                         {"OPENAI_API_KEY", "sk-1-12345"},
                         {"HF_TOKEN", "hf_1-12345"}});
  const auto o = options_from_file(file.string(), get);
  CHECK(o.provider() == "groq");
  CHECK(o.keys().keys().at("groq").size() == 2);
  CHECK(o.rate_limits().size() == 1);
  CHECK(o.fallback().targets().size() == 2);
}

TEST_CASE("a file's relative paths are relative to its folder") {
  const folder home;
  const auto file = home.put("conf/weir.json", R"({"ca_file": "certs/ca.pem"})");
  CHECK(options_from_file(file, with({})).ca_file() == (home.path / "conf/certs/ca.pem").string());
}

TEST_CASE("a file that cannot be used is refused by its name") {
  const folder home;
  const auto refused_file = [](const std::string& path) {
    try {
      (void)options_from_file(path, with({}));
    } catch (const error& e) {
      CHECK(e.code() == errc::invalid_configuration);
      return std::string(e.what());
    }
    return std::string();
  };
  const auto missing = (home.path / "no.json").string();
  CHECK(refused_file(missing) == missing + ": there is no such file");
  CHECK(refused_file(home.path.string()) == home.path.string() + ": is a folder, not a file");
  const auto large = home.put("large.json", std::string((1u << 20) + 1, ' '));
  CHECK(refused_file(large) == large + ": is larger than 1 MiB");
  const auto wrong = home.put("wrong.json", R"({"model": 1})");
  CHECK(refused_file(wrong) == wrong + ": model: must be a text, not 1");
}

namespace {

// A home with a configuration folder, and a working directory below it, which the process is in.
class workplace {
public:
  workplace() : before_(fs::current_path()) {
    home.put("work/.keep", "");
    fs::current_path(home.path / "work");
  }
  ~workplace() { fs::current_path(before_); }
  std::string own(const std::string& text) { return home.put(".config/weir/weir.json", text); }
  void here(const std::string& text) { home.put("work/weir.json", text); }
  environment get() const {
    return with({{"HOME", home.path.string()}, {"GROQ_API_KEY", "gsk_12345"}, {"HF_TOKEN", "hf_12345"}});
  }
  std::string refusal() const {
    try {
      (void)load_options({}, get());
    } catch (const error& e) {
      CHECK(e.code() == errc::invalid_configuration);
      return e.failure().message();
    }
    return {};
  }
  folder home;

private:
  fs::path before_;
};

} // namespace

TEST_CASE("the user's own file is read, then the one of the working directory over it") {
  workplace w;
  CHECK(find_configs(w.get()).empty());
  CHECK(load_options({}, w.get()).model() == "");

  const auto own = w.own(R"({"model": "own", "base_url": "https://own.test/v1", "deadline": "9s",
                             "headers": {"x-team": "a"}, "rate_limit": {"requests_per_minute": 7}})");
  const auto in_home = with({{"HOME", w.home.path.string()}, {"XDG_CONFIG_HOME", "relative"}});
  CHECK(find_configs(in_home) == std::vector<std::string>{own});
  CHECK(load_options({}, in_home).model() == "own");
  const auto in_xdg = w.home.put("xdg/weir/weir.json", R"({"model": "xdg"})");
  const auto xdg = with({{"HOME", w.home.path.string()}, {"XDG_CONFIG_HOME", (w.home.path / "xdg").string()}});
  CHECK(find_configs(xdg) == std::vector<std::string>{in_xdg});
  CHECK(load_options({}, xdg).model() == "xdg");

  w.here(
      R"({"model": "here", "rate_limit": [{"target": "groq", "requests_per_minute": 3}], "retry": {"attempts": 9}})");
  CHECK(find_configs(w.get()) == std::vector<std::string>{own, "weir.json"});
  const auto both = load_options({}, w.get());
  CHECK(both.model() == "here");
  CHECK(both.retry().attempts() == 9);
  CHECK(both.base_url() == "https://own.test/v1");
  CHECK(both.deadline() == 9s);
  CHECK(both.headers().size() == 1);
  // A section replaces the whole section of that name.
  CHECK(both.rate_limit().requests_per_minute() == 0);
  CHECK(both.rate_limits().size() == 1);
  CHECK(load_options(own, w.get()).model() == "own");
}

TEST_CASE("headers that usually carry a key are refused in a file") {
  for (const char* name : {"Authorization", "x-auth-token", "X-Api-Key", "x-goog-api-key", "cookie", "my-secret"})
    CHECK(refused(std::string(R"({"headers": {")") + name + R"(": "abc"}})").find("keys are never in a file") !=
          std::string::npos);
  (void)options_from_json(R"({"headers": {"idempotency-key": "a", "x-tokens": "3", "x-keyed": "b"}})");
}

TEST_CASE("the working directory's file does not decide where prompts and keys go") {
  for (const auto& [member, path] : {
           std::pair(R"("base_url": "https://evil.test/v1")", "base_url"),
           {R"("proxy": "http://evil.test:1")", "proxy"},
           {R"("unix_socket": "s")", "unix_socket"},
           {R"("ca_file": "ca.pem")", "ca_file"},
           {R"("client_certificate": "me.pem")", "client_certificate"},
           {R"("client_key": "me.key")", "client_key"},
           {R"("headers": {"x": "y"})", "headers"},
           {R"("keys": {"groq": "HF_TOKEN"})", "keys"},
           {R"("model": "https://evil.test/v1")", "model"},
           {R"("fallback": [{"base_url": "https://evil.test/v1"}])", "fallback[0].base_url"},
           {R"("fallback": {"targets": [{"provider": "groq", "key": "HF_TOKEN"}]})", "fallback.targets[0].key"},
           {R"("fallback": [{"provider": "groq", "model": "https://evil.test"}])", "fallback[0].model"},
           {R"("fallback": ["groq/https://evil.test"])", "fallback[0]"},
           {R"("routing": {"targets": [{"base_url": "https://evil.test"}]})", "routing.targets[0].base_url"},
           {R"("tiers": [{"name": "a", "target": {"base_url": "https://evil.test"}}])", "tiers[0].target.base_url"},
       }) {
    workplace w;
    w.here(std::string("{") + member + "}");
    const auto why = w.refusal();
    CHECK_MESSAGE(why.starts_with("weir.json: " + std::string(path) + ": decides where prompts, keys or money go"),
                  why);
    CHECK(why.find("--config") != std::string::npos);
    CHECK(why.find('\n') == std::string::npos);
  }
}

TEST_CASE("a file that is named, and the user's own in its folder, may set everything") {
  workplace w;
  const auto text = R"({"base_url": "https://own.test/v1", "keys": {"groq": "GROQ_API_KEY"}})";
  w.here(text);
  CHECK(load_options("weir.json", w.get()).base_url() == "https://own.test/v1");

  w.own(text);
  fs::current_path(w.home.path / ".config/weir");
  CHECK(find_configs(w.get()).size() == 1);
  CHECK(load_options({}, w.get()).base_url() == "https://own.test/v1");
}
