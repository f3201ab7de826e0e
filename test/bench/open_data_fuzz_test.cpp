// Files of anything: prompts, or a refusal that says where.
#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>

#include <weir/bench/prompts.hpp>
#include <weir/core/error.hpp>

#include "batch/input/reading.hpp"

namespace {

using namespace weir;
using reading::has;

constexpr std::array<std::string_view, 7> samples = {
    "{\"timestamp\":1,\"input_length\":600,\"output_length\":52,\"hash_ids\":[1,2]}\n"
    "{\"timestamp\":2,\"text_input\":\"x\",\"session_id\":\"s\",\"delay\":5}\n"
    "{\"timestamp\":3,\"messages\":[{\"role\":\"user\",\"content\":\"y\"}],\"tools\":[],\"extra\":{\"a\":1}}\n"
    "{\"timestamp\":4,\"payload\":{\"messages\":[{\"role\":\"user\",\"content\":\"y\"}]}}\n",
    "[{\"conversations\":[{\"from\":\"human\",\"value\":\"one\"},{\"from\":\"gpt\",\"value\":\"two\"},"
    "{\"from\":\"human\",\"value\":\"three\"}]},{\"conversations\":[]}]",
    "{\"text\":\"a\",\"output_length\":5}\n{\"turns\":[{\"text\":\"b\"},{\"texts\":[\"c\"],\"delay\":3}]}\n"
    "{\"texts\":[{\"contents\":[\"d\"]}],\"image\":\"https://a.test/b.png\",\"session_id\":1}\n",
    "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,480,10\n2023-11-16 18:17:04,318,8\n",
    "Timestamp,Model,Request tokens,Response tokens\n5,m,47,18\n45,m,10,0\n",
    "{\"chat_id\":1,\"parent_chat_id\":-1,\"timestamp\":61.5,\"input_length\":32,\"output_length\":5,\"hash_ids\":[1,2]"
    "}\n",
    "{\"prompt\":\"one\"}\n{\"custom_id\":\"x\",\"body\":{\"messages\":[{\"role\":\"user\",\"content\":\"two\"}]}}\n"};

std::string broken(std::string text, std::mt19937_64& random) {
  for (auto n = random() % 4; n > 0 && !text.empty(); --n) {
    const auto at = random() % text.size();
    switch (random() % 5) {
    case 0: text[at] = static_cast<char>(random()); break;
    case 1: text.erase(at, 1 + random() % 8); break;
    case 2: text.insert(at, text.substr(random() % text.size(), random() % 40)); break;
    case 3: text.insert(at, std::to_string(static_cast<std::int64_t>(random()))); break;
    default: text.resize(at);
    }
  }
  return text;
}

// What is read, or why not; true if anything is.
bool read(const reading::folder& dir, const std::string& name, std::string_view bytes) {
  const auto path = dir.put(name, bytes);
  try {
    const auto from = reading::run(open_bench_data(bench_data(path)));
    CHECK(has(from->text(), path));
    for (int i = 0; i < 20; ++i) {
      const auto p = from->next();
      if (!p)
        break;
      CHECK_FALSE(p->request().valueless_by_exception());
    }
    return true;
  } catch (const error& e) {
    INFO(e.what());
    CHECK(e.code() == errc::invalid_argument);
    CHECK(has(e.what(), path));
    CHECK_FALSE(has(e.what(), "\n"));
    return false;
  }
}

} // namespace

TEST_CASE("broken data sets are prompts, or refused with the file's name") {
  const reading::folder dir;
  std::mt19937_64 random(1);
  std::size_t good = 0, bad = 0;
  for (int i = 0; i < 4000; ++i) {
    const auto& sample = samples[random() % samples.size()];
    const auto text = broken(std::string(sample), random);
    INFO(text);
    const auto* ending = sample.front() == 'T' ? ".csv" : sample.front() == '[' ? ".json" : ".jsonl";
    ++(read(dir, "x" + std::string(random() % 8 ? ending : ""), text) ? good : bad);
  }
  CHECK(good > 500);
  CHECK(bad > 500);
}

TEST_CASE("random bytes are prompts, or refused with the file's name") {
  const reading::folder dir;
  std::mt19937_64 random(2);
  for (int i = 0; i < 1500; ++i) {
    std::string bytes;
    for (auto n = random() % 300; n > 0; --n)
      bytes += static_cast<char>(random());
    constexpr std::array<const char*, 5> endings = {"", ".jsonl", ".json", ".csv", ".txt"};
    read(dir, "x" + std::string(endings[random() % endings.size()]), bytes);
  }
}
