// Prompts of files that tests write.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/bench/prompts.hpp>

#include "batch/input/reading.hpp"

namespace prompts {

using namespace weir;
using reading::folder;
using reading::has;
using strings = std::vector<std::string>;

inline std::unique_ptr<bench_prompts> open(bench_data o) { return reading::run(open_bench_data(std::move(o))); }
inline std::unique_ptr<bench_prompts> open(const std::string& path) { return open(bench_data(path)); }

inline std::string refusal(bench_data o) {
  return reading::refusal([&] { open(std::move(o)); });
}
inline std::string refusal(const std::string& path) { return refusal(bench_data(path)); }

inline std::vector<bench_prompt> take(bench_prompts& from, std::size_t most = 100) {
  std::vector<bench_prompt> all;
  while (all.size() < most) {
    auto p = from.next();
    if (!p)
      break;
    all.push_back(*std::move(p));
  }
  return all;
}

inline const chat& chat_of(const bench_prompt& p) { return std::get<chat>(p.request()); }
inline const chat& chat_of(const bench_turn& t) { return std::get<chat>(*t.request()); }
inline std::string text_of(const chat& c) { return c.messages().back().content().value_or(""); }
inline std::string text_of(const bench_prompt& p) { return text_of(chat_of(p)); }
inline std::string text_of(const bench_turn& t) { return t.messages().back().content().value_or(""); }

inline strings texts(bench_prompts& from, std::size_t most = 100) {
  strings all;
  for (const auto& p : take(from, most))
    all.push_back(text_of(p));
  return all;
}

inline std::size_t words(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), ' '));
}

inline std::vector<duration> times(bench_prompts& from) {
  std::vector<duration> all;
  for (const auto& p : take(from))
    all.push_back(p.at().value());
  return all;
}

} // namespace prompts
