// The README's table of tasks and providers is what the library offers.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "provider/dialect.hpp"
#include <weir/task/kind.hpp>

using namespace weir;

namespace {

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
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/README.md");
  std::stringstream all;
  all << in.rdbuf();
  CHECK_MESSAGE(all.str().find("\n\n" + table() + '\n') != std::string::npos, "put this into README.md:\n\n", table());
}
