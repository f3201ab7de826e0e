// Keeps the pages true: what they name of this repository is there.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <glob.h>

namespace fs = std::filesystem;

namespace {

const fs::path root = WEIR_SOURCE_DIR;

// Relative to the root.
std::vector<std::string> pages() {
  std::vector<std::string> all{"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"};
  for (const auto& entry : fs::directory_iterator(root / "docs"))
    if (entry.path().extension() == ".md")
      all.push_back("docs/" + entry.path().filename().string());
  std::sort(all.begin(), all.end());
  return all;
}

// A page without its blocks of code.
std::string prose_of(const std::string& page) {
  std::ifstream in(root / page);
  std::string text;
  bool code = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```"))
      code = !code;
    else if (!code)
      text.append(line).append("\n");
  }
  return text;
}

std::vector<std::string> between(const std::string& text, std::string_view open, std::string_view close) {
  std::vector<std::string> found;
  for (auto at = text.find(open); at != text.npos; at = text.find(open, at)) {
    at += open.size();
    const auto end = text.find(close, at);
    if (end == text.npos)
      break;
    found.push_back(text.substr(at, end - at));
    at = end + close.size();
  }
  return found;
}

// The path that a word stands for, from the root; empty if it is none of this repository's.
std::string path_in(const std::string& word) {
  // Of other projects' repositories: docs/providers.md, "Sources".
  static const std::set<std::string> elsewhere{"src/huggingface_hub/inference", "docs/inference-providers",
                                               "docs/openapi.json"};
  if (word.starts_with("<weir/") && word.ends_with('>'))
    return "include/" + word.substr(1, word.size() - 2);
  if (word.starts_with("weir/") && word.ends_with(".hpp"))
    return "include/" + word;
  for (const std::string_view folder : {"src/", "include/", "test/", "docs/", "examples/", "benchmarks/", "cmake/"})
    if (word.starts_with(folder) && !elsewhere.contains(word))
      return word;
  return {};
}

// `a{b,c}` as `ab` and `ac`.
std::vector<std::string> alternatives(const std::string& path) {
  const auto open = path.find('{');
  const auto close = path.find('}', open);
  if (close == path.npos)
    return std::vector<std::string>(1, path);
  std::vector<std::string> all;
  for (auto from = open + 1; from <= close;) {
    const auto end = std::min(path.find(',', from), close);
    const auto one = path.substr(0, open) + path.substr(from, end - from) + path.substr(close + 1);
    for (const auto& rest : alternatives(one))
      all.push_back(rest);
    from = end + 1;
  }
  return all;
}

// With `*` for what stands for any name: `<id>`, and a word in capitals.
std::string pattern_of(const std::string& path) {
  fs::path pattern = root;
  for (const auto& part : fs::path(path)) {
    auto name = part.string();
    if (!name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
      name = "*";
    const auto begin = name.find('<');
    if (const auto end = name.find('>', begin); end != name.npos)
      name.replace(begin, end + 1 - begin, "*");
    pattern /= name;
  }
  return pattern.string();
}

bool exists(const std::string& path) {
  glob_t found{};
  const int result = ::glob(pattern_of(path).c_str(), 0, nullptr, &found);
  ::globfree(&found);
  return result == 0;
}

} // namespace

TEST_CASE("every path that a page names exists") {
  std::size_t seen = 0;
  for (const auto& page : pages()) {
    if (page == "CHANGELOG.md") // it names what was
      continue;
    const auto text = prose_of(page);
    CHECK_MESSAGE(!text.empty(), page);
    CHECK_MESSAGE(std::count(text.begin(), text.end(), '`') % 2 == 0, page << " has a backtick too many");
    for (const auto& code : between(text, "`", "`")) {
      std::istringstream words(code);
      for (std::string word; words >> word;)
        for (const auto& path : alternatives(path_in(word))) {
          if (path.empty())
            continue;
          ++seen;
          CHECK_MESSAGE(exists(path), page << ": " << path);
        }
    }
  }
  CHECK(seen > 150);
}

TEST_CASE("every link from a page into the repository leads somewhere") {
  std::size_t seen = 0;
  for (const auto& page : pages())
    for (const auto& link : between(prose_of(page), "](", ")")) {
      if (link.starts_with('#') || link.find("://") != link.npos)
        continue;
      ++seen;
      const auto to = (fs::path(page).parent_path() / link.substr(0, link.find('#'))).lexically_normal();
      CHECK_MESSAGE(!to.string().starts_with(".."), page << ": " << link);
      CHECK_MESSAGE(fs::exists(root / to), page << ": " << link);
    }
  CHECK(seen > 25);
}

namespace {

// Without indentation, as the same code stands at different depths.
std::string flush_left(const std::string& text) {
  std::istringstream in(text);
  std::string all;
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find_first_not_of(' ');
    if (first != line.npos)
      all.append(line, first).append("\n");
  }
  return all;
}

std::string content_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream all;
  all << in.rdbuf();
  return all.str();
}

} // namespace

TEST_CASE("what docs/coming-from.md shows of weir is a part of a program that runs") {
  std::vector<std::string> programs;
  for (const auto& entry : fs::directory_iterator(root / "examples/6_coming_from"))
    programs.push_back(flush_left(content_of(entry.path())));
  std::size_t seen = 0;
  for (const auto& snippet : between(content_of(root / "docs/coming-from.md"), "```cpp\n", "```")) {
    ++seen;
    const auto code = flush_left(snippet);
    const auto has = [&code](const std::string& p) { return p.find(code) != p.npos; };
    CHECK_MESSAGE(std::any_of(programs.begin(), programs.end(), has), snippet);
  }
  CHECK(seen >= programs.size() - 1); // one of the files is only their main()
}
