// What the three conformance programs share: JSON lines in, a count out.
#pragma once

#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include <weir/core/error.hpp>

#include "codec/json/json.hpp"

namespace conformance {

namespace json = weir::codec::json;

/// Counts cases and prints each mismatch.
class tally {
public:
  void pass() { ++passed_; }
  void skip() { ++skipped_; }
  void fail(std::string_view id, std::string_view why) {
    ++failed_;
    std::cout << id << ": " << why << '\n';
  }
  /// Notes a deliberate difference; the case must still pass() or fail().
  void known(std::string_view id, std::string_view why) {
    ++known_;
    std::cout << "known difference: " << id << ": " << why << '\n';
  }

  /// Prints the totals; returns 0 or 1 for main().
  int finish(std::string_view skipped_are) const {
    if (known_)
      std::cout << known_ << " of the passed differ on purpose, in the ways printed above\n";
    if (skipped_)
      std::cout << skipped_ << " skipped: " << skipped_are << '\n';
    std::cout << passed_ << " passed, " << failed_ << " failed" << std::endl;
    return failed_ || !passed_ ? 1 : 0;
  }

private:
  std::size_t passed_ = 0, failed_ = 0, skipped_ = 0, known_ = 0;
};

/// Calls `check(line, tally)` for each line of each file. A line that is not JSON and an exception count as failures of
/// that line.
template <class Check>
bool each_line(int argc, char** argv, tally& count, Check check) {
  if (argc < 2) {
    std::cerr << "usage: " << argv[0] << " FILE...\n";
    return false;
  }
  for (int i = 1; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary);
    if (!in) {
      std::cerr << argv[i] << ": cannot be read\n";
      return false;
    }
    std::size_t number = 0;
    for (std::string text; std::getline(in, text);) {
      ++number;
      if (text.empty())
        continue;
      const auto place = std::string(argv[i]) + ":" + std::to_string(number);
      weir::error_code ec;
      const auto line = weir::codec::parse_json(text, ec);
      if (ec) {
        count.fail(place, "not a line of JSON");
        continue;
      }
      try {
        check(line, place, count);
      } catch (const std::exception& e) {
        count.fail(place, std::string("unexpected: ") + e.what());
      }
    }
  }
  return true;
}

inline std::string text_at(const json::value& v, std::string_view key) {
  return std::string(weir::codec::string_at(v, key).value_or(""));
}

} // namespace conformance
