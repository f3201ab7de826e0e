// Where keys are found, and which server gets which.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <weir/client/client.hpp>
#include <weir/core/error.hpp>

using namespace weir;
namespace asio = boost::asio;

namespace {

using variables = std::map<std::string, std::string>;

credentials read(const variables& v) {
  return credentials::from_environment([&v](const char* name) -> const char* {
    const auto it = v.find(name);
    return it == v.end() ? nullptr : it->second.c_str();
  });
}

// A directory of token files, removed afterwards.
class files {
public:
  files() : root(std::filesystem::temp_directory_path() / ("weir-keys-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(root);
  }
  ~files() { std::filesystem::remove_all(root); }
  std::string put(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories((root / name).parent_path());
    std::ofstream(root / name, std::ios::binary) << content;
    return (root / name).string();
  }
  std::string path() const { return root.string(); }
  std::filesystem::path root;
};

std::string auth_of(const options& o, const char* model = "org/m") {
  const client c(o);
  for (const auto& [name, value] : c.explain(chat(model).user("hi")).headers)
    if (name == "authorization")
      return value;
  return "none";
}

std::string url_of(const options& o, const char* model = "org/m") {
  return client(o).explain(chat(model).user("hi")).url;
}

} // namespace

TEST_CASE("the Hugging Face token comes from its variables, trimmed, the newer name first") {
  CHECK(read({}).hugging_face().empty());
  CHECK(read({{"HF_TOKEN", " hf_a-12345\r\n"}}).hugging_face().last() == secret("hf_a-12345"));
  CHECK(read({{"HF_TOKEN", "hf_a-12345"}, {"HUGGING_FACE_HUB_TOKEN", "hf_b-12345"}}).hugging_face().last() ==
        secret("hf_a-12345"));
  CHECK(read({{"HF_TOKEN", ""}, {"HUGGING_FACE_HUB_TOKEN", "hf_b-12345"}}).hugging_face().last() ==
        secret("hf_b-12345"));
  CHECK(read({{"HF_TOKEN", " \n"}}).hugging_face().empty());
}

TEST_CASE("the token file is found where the Hub's own tools leave it") {
  const files f;
  const auto at = f.put("own/token-file", "hf_path-12345\n");
  f.put("hf/token", "hf_home-12345");
  f.put("xdg/huggingface/token", "hf_xdg-12345");
  f.put("user/.cache/huggingface/token", "hf_user-12345");
  variables v = {{"HF_TOKEN_PATH", at},
                 {"HF_HOME", f.path() + "/hf"},
                 {"XDG_CACHE_HOME", f.path() + "/xdg"},
                 {"HOME", f.path() + "/user"}};
  CHECK(read(v).hugging_face().last() == secret("hf_path-12345"));
  v.erase("HF_TOKEN_PATH");
  CHECK(read(v).hugging_face().last() == secret("hf_home-12345"));
  v.erase("HF_HOME");
  CHECK(read(v).hugging_face().last() == secret("hf_xdg-12345"));
  v.erase("XDG_CACHE_HOME");
  CHECK(read(v).hugging_face().last() == secret("hf_user-12345"));
  v["HF_TOKEN"] = "hf_variable";
  CHECK(read(v).hugging_face().last() == secret("hf_variable"));
  v.erase("HF_TOKEN");
  v["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1";
  CHECK(read(v).hugging_face().empty());
  CHECK(read({{"HOME", f.path() + "/nobody"}}).hugging_face().empty());
}

TEST_CASE("a malformed key is an error that names its place, not the key") {
  const files f;
  const auto at = f.put("token", "hf_canary two\n");
  for (const auto& v : {variables{{"HF_TOKEN", "hf_canary two"}}, variables{{"HF_TOKEN_PATH", at}},
                        variables{{"GROQ_API_KEY", "gsk_canary\x01"}}}) {
    std::string what;
    try {
      read(v);
    } catch (const error& e) {
      what = e.what();
      CHECK(e.code() == errc::malformed_key);
    }
    CHECK(what.find("canary") == std::string::npos);
    CHECK(what.find(v.begin()->first == "HF_TOKEN_PATH" ? at : v.begin()->first) != std::string::npos);
  }
}

TEST_CASE("vendors' own keys come from their own variables") {
  const auto keys = read({{"GROQ_API_KEY", "gsk-12345\n"}, {"DEEPINFRA_TOKEN", "d-123456"}, {"OPENAI_API_KEY", ""}});
  CHECK(keys.vendor("groq").last() == secret("gsk-12345"));
  CHECK(keys.vendor("deepinfra").last() == secret("d-123456"));
  CHECK(keys.vendor("openai").empty());
  CHECK(keys.vendors() == std::vector<std::string>{"deepinfra", "groq"});
}

TEST_CASE("each call gets the key for its server") {
  credentials both;
  both.hugging_face(secret("hf_1")).vendor("groq", secret("gsk-own"));
  CHECK(auth_of(options().credentials(both)) == "Bearer hf_***");
  CHECK(url_of(options().credentials(both)) == "https://router.huggingface.co/v1/chat/completions");
  CHECK(auth_of(options().credentials(both).provider("groq")) == "Bearer gsk-***");
  CHECK(url_of(options().credentials(both).provider("groq")).starts_with("https://api.groq.com/"));
  CHECK(auth_of(options().credentials(both).provider("together")) == "Bearer hf_***");
  CHECK(
      url_of(options().credentials(both).provider("together")).starts_with("https://router.huggingface.co/together/"));

  credentials every;
  every.hugging_face(secret("hf_1")).default_key(secret("sk-1"));
  CHECK(auth_of(options().credentials(every).provider("groq")) == "Bearer sk-***");
  CHECK(auth_of(options().credentials(every).base_url("https://other.test/v1")) == "Bearer sk-***");
}

TEST_CASE("a Hugging Face token goes to no other server unless the options say so") {
  credentials keys;
  keys.hugging_face(secret("hf_1")).vendor("groq", secret("gsk-own"));
  CHECK(auth_of(options().credentials(keys).base_url("https://other.test/v1")) == "none");
  CHECK(auth_of(options().credentials(keys).base_url("https://evil-huggingface.co/v1")) == "none");
  CHECK(auth_of(options().credentials(keys).model("https://other.test/v1"), "") == "none");
  CHECK(auth_of(options().credentials(keys).base_url("http://127.0.0.1:8080")) == "none");
  CHECK(auth_of(options().credentials(keys).provider("groq").base_url("https://other.test/v1")) == "none");
  CHECK(auth_of(options().credentials(keys).base_url("https://x.endpoints.huggingface.cloud")) == "Bearer hf_***");
}

TEST_CASE("a key that is too short to be one is refused by its name when it would be sent, by calls and look-ups") {
  const auto refusal = [](const options& o, auto ask) {
    asio::io_context io;
    std::string what;
    client c(options(o).retry(retry().attempts(1)));
    asio::co_spawn(io, ask(c), [&](std::exception_ptr e, auto&&) {
      try {
        std::rethrow_exception(e);
      } catch (const error& why) {
        CHECK(why.code() == errc::malformed_key);
        what = why.failure().message();
      }
    });
    io.run();
    return what;
  };
  const auto call = [](client& c) { return c.chat(chat("org/m").user("hi")); };
  const auto list = [](client& c) { return c.models(); };
  const auto info = [](client& c) { return c.endpoint().info(); };
  const auto keys = read({{"GROQ_API_KEY", "-"}, {"DEEPINFRA_TOKEN", "1234567"}});
  const auto o = options().credentials(keys);
  const std::string short_key = ": the key has fewer than 8 characters";
  CHECK(refusal(options(o).provider("groq"), call).starts_with("GROQ_API_KEY" + short_key));
  CHECK(refusal(options(o).provider("groq"), list).starts_with("GROQ_API_KEY" + short_key));
  CHECK(
      refusal(options(o).provider("deepinfra"), call).starts_with("DEEPINFRA_API_KEY or DEEPINFRA_TOKEN" + short_key));
  credentials every;
  every.default_key(secret("sk-1"));
  const auto own = options().credentials(every).base_url("https://own.test/v1");
  CHECK(refusal(own, list).find(short_key) != std::string::npos);
  CHECK(refusal(own, info).find(short_key) != std::string::npos);
  // A key that is not sent is not checked.
  CHECK(auth_of(options(o).provider("groq").base_url("https://own.test/v1")) == "none");
}

TEST_CASE("a request may not choose the server, unless the options say so") {
  credentials keys;
  keys.hugging_face(secret("hf_canary")).default_key(secret("hf_canary"));
  const auto o = options().credentials(keys).bill_to("acme").header("x-team", "a");
  for (const auto* url : {"https://evil.test/v1", "https://evil.endpoints.huggingface.cloud", "http://127.0.0.1:9"}) {
    // The server stays the same also with a base URL, and if a later target has no URL.
    for (const auto& given :
         {o, options(o).base_url("https://own.test/v1"), options(o).fallback(fallback().to(target("groq/llama")))}) {
      std::string what;
      try {
        (void)url_of(given, url);
      } catch (const error& e) {
        what = e.what();
        CHECK(e.code() == errc::invalid_argument);
      }
      CHECK(what.find("model_urls") != std::string::npos);
      CHECK(what.find("evil") == std::string::npos);
    }
    const auto allowed = client(options(o).model_urls(true)).explain(chat(url).user("hi"));
    CHECK(allowed.url.starts_with(url));
    for (const auto& [name, value] : allowed.headers) {
      CHECK(name != "authorization");
      CHECK(name != "x-team");
      CHECK(name != "x-hf-bill-to");
    }
  }
}

TEST_CASE("a URL that the options name gets the key, whichever field names it") {
  credentials keys;
  keys.hugging_face(secret("hf_canary"));
  const std::string own = "https://own.endpoints.huggingface.cloud";
  const auto o = options().credentials(keys);
  CHECK(auth_of(options(o).model(own), "") == "Bearer hf_***");
  CHECK(auth_of(options(o).base_url(own)) == "Bearer hf_***");
  CHECK(auth_of(options(o).base_url(own + "/v1").model_urls(true), (own + "/v1").c_str()) == "Bearer hf_***");
  CHECK(auth_of(options(o).fallback(fallback().to(target().base_url(own))).model_urls(true), own.c_str()) ==
        "Bearer hf_***");
  CHECK(auth_of(options(o).base_url(own).model_urls(true), "https://other.endpoints.huggingface.cloud") ==
        "Bearer hf_***"); // base_url takes precedence: the name is one for that server
  CHECK(auth_of(options(o).model(own).model_urls(true), "https://other.endpoints.huggingface.cloud") == "none");
}

TEST_CASE("no key goes out over plain HTTP to another machine") {
  credentials keys;
  keys.default_key(secret("sk-canary"));
  std::string what;
  try {
    url_of(options().credentials(keys).base_url("http://10.0.0.1/v1"));
  } catch (const error& e) {
    CHECK(e.code() == errc::insecure);
    what = e.what();
  }
  CHECK_FALSE(what.empty());
  CHECK(what.find("canary") == std::string::npos);
}

TEST_CASE("the organisation to bill is sent to Hugging Face only") {
  credentials keys;
  keys.hugging_face(secret("hf_1")).vendor("groq", secret("gsk-own"));
  const auto billed = [](const options& o) {
    for (const auto& [name, value] : client(o).explain(chat("org/m").user("hi")).headers)
      if (name == "x-hf-bill-to")
        return value;
    return std::string();
  };
  CHECK(billed(options().credentials(keys).bill_to("acme")) == "acme");
  CHECK(billed(options().credentials(keys).bill_to("acme").provider("groq")).empty());
}
