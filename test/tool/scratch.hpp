// A folder for one test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

/// A new folder, removed with everything in it.
class scratch {
public:
  scratch() { path_ = ::mkdtemp(path_.data()); }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() { std::filesystem::remove_all(path_); }

  std::string at(const std::string& name) const { return path_ + "/" + name; }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(at(name), std::ios::binary) << content;
    return at(name);
  }
  std::string read(const std::string& name) const {
    std::ifstream in(at(name), std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
  }

private:
  std::string path_ = "/tmp/weir-test-XXXXXX";
};
