// What the repository's other files say about the library is so.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "provider/dialect.hpp"
#include <weir/task/kind.hpp>
#include <weir/version.hpp>

using namespace weir;

namespace {

std::string read(const std::string& file) {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/" + file);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

std::string table() {
  std::string text = "| task | providers |\n|---|---|\n";
  for (const auto what : all_task_kinds()) {
    std::string vendors;
    for (const auto& v : provider::vendors(what))
      vendors += (vendors.empty() ? "" : ", ") + v;
    text += "| " + std::string(what == task_kind::chat ? "chat (conversational)" : name_of(what)) + " | " + vendors +
            " |\n";
  }
  return text;
}

} // namespace

TEST_CASE("the README's table of tasks and providers is generated from the table that routes calls") {
  CHECK_MESSAGE(read("README.md").find("\n\n" + table() + '\n') != std::string::npos, "put this into README.md:\n\n",
                table());
}

TEST_CASE("the vcpkg port has the library's version") {
  CHECK(read("packaging/vcpkg/weir/vcpkg.json").find("\"version\": \"" + std::string(version) + "\"") !=
        std::string::npos);
}
