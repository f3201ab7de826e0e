// Which key is found where, and who gets it.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include <unistd.h>

#include <weir/client/client.hpp>
#include <weir/core/error.hpp>

using namespace weir;

namespace {

using variables = std::map<std::string, std::string>;

credentials read(const variables& v) {
  return credentials::from_environment([&v](const char* name) -> const char* {
    const auto it = v.find(name);
    return it == v.end() ? nullptr : it->second.c_str();
  });
}

// A directory of token files that is removed again.
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
  CHECK(read({{"HF_TOKEN", " hf_a\r\n"}}).hugging_face() == secret("hf_a"));
  CHECK(read({{"HF_TOKEN", "hf_a"}, {"HUGGING_FACE_HUB_TOKEN", "hf_b"}}).hugging_face() == secret("hf_a"));
  CHECK(read({{"HF_TOKEN", ""}, {"HUGGING_FACE_HUB_TOKEN", "hf_b"}}).hugging_face() == secret("hf_b"));
  CHECK(read({{"HF_TOKEN", " \n"}}).hugging_face().empty());
}

TEST_CASE("the token's file is found where the Hub's own tools leave it") {
  const files f;
  const auto at = f.put("own/token-file", "hf_path\n");
  f.put("hf/token", "hf_home");
  f.put("xdg/huggingface/token", "hf_xdg");
  f.put("user/.cache/huggingface/token", "hf_user");
  variables v = {{"HF_TOKEN_PATH", at},
                 {"HF_HOME", f.path() + "/hf"},
                 {"XDG_CACHE_HOME", f.path() + "/xdg"},
                 {"HOME", f.path() + "/user"}};
  CHECK(read(v).hugging_face() == secret("hf_path"));
  v.erase("HF_TOKEN_PATH");
  CHECK(read(v).hugging_face() == secret("hf_home"));
  v.erase("HF_HOME");
  CHECK(read(v).hugging_face() == secret("hf_xdg"));
  v.erase("XDG_CACHE_HOME");
  CHECK(read(v).hugging_face() == secret("hf_user"));
  v["HF_TOKEN"] = "hf_variable";
  CHECK(read(v).hugging_face() == secret("hf_variable"));
  v.erase("HF_TOKEN");
  v["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1";
  CHECK(read(v).hugging_face().empty());
  CHECK(read({{"HOME", f.path() + "/nobody"}}).hugging_face().empty());
}

TEST_CASE("a malformed key is an error that names its place and not the key") {
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
  const auto keys = read({{"GROQ_API_KEY", "gsk-1\n"}, {"DEEPINFRA_TOKEN", "d-1"}, {"OPENAI_API_KEY", ""}});
  CHECK(keys.vendor("groq") == secret("gsk-1"));
  CHECK(keys.vendor("deepinfra") == secret("d-1"));
  CHECK(keys.vendor("openai").empty());
  CHECK(keys.vendors() == std::vector<std::string>{"deepinfra", "groq"});
}

TEST_CASE("each call gets the key that is for it") {
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
  every.hugging_face(secret("hf_1")).every(secret("sk-1"));
  CHECK(auth_of(options().credentials(every).provider("groq")) == "Bearer sk-***");
  CHECK(auth_of(options().credentials(every).base_url("https://other.test/v1")) == "Bearer sk-***");
}

TEST_CASE("a Hugging Face token goes to no other server unless it was said so") {
  credentials keys;
  keys.hugging_face(secret("hf_1")).vendor("groq", secret("gsk-own"));
  CHECK(auth_of(options().credentials(keys).base_url("https://other.test/v1")) == "none");
  CHECK(auth_of(options().credentials(keys).base_url("https://evil-huggingface.co/v1")) == "none");
  CHECK(auth_of(options().credentials(keys), "https://other.test/v1") == "none");
  CHECK(auth_of(options().credentials(keys).base_url("http://127.0.0.1:8080")) == "none");
  CHECK(auth_of(options().credentials(keys).provider("groq").base_url("https://other.test/v1")) == "none");
  CHECK(auth_of(options().credentials(keys).base_url("https://x.endpoints.huggingface.cloud")) == "Bearer hf_***");
}

TEST_CASE("no key goes out over plain HTTP to another machine") {
  credentials keys;
  keys.every(secret("sk-canary"));
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

TEST_CASE("the organisation that pays is named to Hugging Face only") {
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
