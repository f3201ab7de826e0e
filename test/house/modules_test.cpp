// Keeps the table of modules true: reads every #include of the library and the tool.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace fs = std::filesystem;

namespace {

const fs::path root = WEIR_SOURCE_DIR;

// What a module may include besides itself.
const std::map<std::string, std::set<std::string>>& table() {
  static const std::map<std::string, std::set<std::string>> modules = [] {
    std::map<std::string, std::set<std::string>> t;
    t["core"] = {};
    t["detail"] = {}; // what every public header needs: any module may include it
    t["task"] = {"core"};
    t["codec"] = {"core"};
    t["net"] = {"core"};
    t["http"] = {"core", "net"};
    t["provider"] = {"core", "task", "codec", "net", "http"};
    t["cost"] = {"core", "task"};
    t["store"] = {"core", "codec", "task", "net", "cost"};
    t["policy"] = {"core", "task", "cost"};
    t["client"] = {"core", "task", "codec", "net", "http", "provider", "cost", "store", "policy"};
    t["batch"] = {"core", "task", "codec", "net", "http", "provider", "cost", "store", "policy", "client"};
    t["bench"] = {"core", "task", "codec", "http", "cost", "policy", "client", "batch"};
    t["sim"] = {"core", "codec", "task", "net"};
    t["testing"] = {"core", "net", "client"};
    t["tool"] = {"core",  "task",   "codec",  "net",   "http",  "provider", "cost",
                 "store", "policy", "client", "batch", "bench", "sim"};
    return t;
  }();
  return modules;
}

// What a folder of a module may include of the module's other folders; `.` is the module itself. Folders that are not
// here may include each other.
const std::map<std::string, std::set<std::string>>& folders() {
  static const std::map<std::string, std::set<std::string>> all = [] {
    std::map<std::string, std::set<std::string>> t;
    t["codec/text"] = {};
    t["codec/json"] = {"text"};
    t["codec/framing"] = {"text"};
    t["net/pool"] = {"."};
    t["http/message"] = {};
    t["http/response"] = {"message"};
    t["http/exchange"] = {"message", "response"};
    t["http/h2"] = {"exchange", "message", "response"};
    t["provider/answer"] = {};
    t["provider/response"] = {"."};
    t["provider/catalog"] = {"response"};
    t["provider/chat/openai"] = {".", "answer", "chat", "response"};
    t["policy/breaker"] = {"."};
    t["policy/observe"] = {"."};
    t["policy/recover"] = {".", "concurrency"};
    t["client/keys"] = {};
    t["client/config"] = {"keys", "otlp"};
    t["client/files"] = {};
    t["client/transport"] = {"keys"};
    t["client/routing"] = {"keys", "transport"};
    t["client/call"] = {"files", "routing", "transport"};
    t["client/post"] = {"keys", "transport"};
    t["client/otlp"] = {"post"};
    t["client/direct"] = {"keys", "routing", "transport"};
    t["client/lookup"] = {"call", "routing", "transport"};
    t["batch/engine"] = {"output", "report"};
    t["batch/output"] = {};
    t["batch/report"] = {"output"};
    t["bench/data"] = {};
    t["bench/engine"] = {"load", "measure", "peak", "record", "stats", "trust"};
    t["bench/load"] = {};
    t["bench/measure"] = {"stats"};
    t["bench/peak"] = {"stats"};
    t["bench/record"] = {"measure", "peak", "stats", "trust"};
    t["bench/report"] = {"measure", "record", "stats", "trust"};
    t["bench/report/html"] = {"measure", "record", "report", "stats", "trust"};
    t["bench/stats"] = {};
    t["bench/trust"] = {};
    t["sim/load"] = {};
    t["tool/output"] = {"."};
    t["tool/arguments"] = {".", "output"};
    t["tool/bench"] = {".", "arguments", "batch", "chat", "output"};
    t["tool/chat"] = {".", "arguments", "output"};
    t["tool/interactive"] = {".", "chat", "output"};
    t["tool/reference"] = {"arguments", "commands", "output"};
    return t;
  }();
  return all;
}

// The only headers of a module that some other module may include.
bool allowed_file(const std::string& from, const std::string& file) {
  if (from == "provider" && file.starts_with("http/"))
    return file == "http/message/types.hpp" || file == "http/message/url.hpp";
  if (from == "testing" && file.starts_with("client/"))
    return file == "client/options.hpp";
  return true;
}

} // namespace

TEST_CASE("every module includes only the modules that the table allows") {
  const std::regex include(R"re(^\s*#\s*include\s*[<"]((?:weir/)?)([a-z_]+)/([A-Za-z0-9_./]+)[>"])re");
  std::size_t seen = 0;
  for (const auto* base : {"include/weir", "src"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / base)) {
      const auto extension = entry.path().extension();
      if (extension != ".hpp" && extension != ".cpp")
        continue;
      const auto relative = fs::relative(entry.path(), root / base);
      if (std::distance(relative.begin(), relative.end()) < 2)
        continue;
      const std::string own = relative.begin()->string();
      INFO(entry.path().string());
      REQUIRE_MESSAGE(table().contains(own), "a folder that is not a module");
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        std::smatch m;
        if (!std::regex_search(line, m, include))
          continue;
        const std::string other = m[2];
        if (!table().contains(other))
          continue;
        ++seen;
        if (other == own || other == "detail")
          continue;
        CHECK_MESSAGE(table().at(own).contains(other), line);
        CHECK_MESSAGE(allowed_file(own, other + "/" + m[3].str()), line);
      }
    }
  }
  CHECK(seen > 100);
}

TEST_CASE("a module's folders include only the folders that the table allows") {
  const std::regex include(R"re(^#include "([a-z_/]+)/[a-z0-9_]+\.hpp")re");
  std::size_t seen = 0;
  for (const auto& [folder, allowed] : folders()) {
    const auto own = folder.substr(0, folder.find('/'));
    INFO(folder);
    REQUIRE(fs::is_directory(root / "src" / folder));
    for (const auto& entry : fs::directory_iterator(root / "src" / folder)) {
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        std::smatch m;
        if (!std::regex_search(line, m, include))
          continue;
        const std::string other = m[1];
        if (other != own && !other.starts_with(own + "/"))
          continue;
        ++seen;
        INFO(entry.path().string());
        CHECK_MESSAGE((other == folder || allowed.contains(other == own ? "." : other.substr(own.size() + 1))), line);
      }
    }
  }
  CHECK(seen > 100);
}

TEST_CASE("heavy parts stay behind their one door") {
  // Beast, OpenSSL's TLS and Boost.JSON each have few places that may include them.
  const std::map<std::string, std::set<std::string>> doors = [] {
    std::map<std::string, std::set<std::string>> d;
    d["boost/beast"] = {"http", "sim"};
    d["openssl/ssl.h"] = {"net", "sim"};
    d["boost/json"] = {"codec", "json.hpp"};
    return d;
  }();
  for (const auto* base : {"include/weir", "src"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / base)) {
      if (!entry.is_regular_file())
        continue;
      const auto relative = fs::relative(entry.path(), root / base);
      if (relative == "pch.hpp") // no source may rely on it: most builds do without
        continue;
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);)
        for (const auto& [what, modules] : doors)
          if (line.starts_with("#include <" + what)) {
            INFO(entry.path().string() << ": " << line);
            // A public header of its own has it: <weir/json.hpp>.
            CHECK((std::string(base) == "src" || relative == "json.hpp"));
            CHECK(modules.contains(relative.begin()->string()));
          }
    }
  }
}
