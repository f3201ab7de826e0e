#include "tool/pairs.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <weir/core/base64.hpp>

#include "provider/tasks/task_json.hpp"

namespace weir::inline v0::test {

namespace fs = std::filesystem;

namespace {

json::value parse(const std::string& text) {
  error_code ec;
  auto v = codec::parse_json(text, ec);
  if (ec)
    throw std::runtime_error("a line that is not JSON: " + text);
  return v;
}

task_kind task_at(const json::value& line) {
  const auto what = find_task_kind(codec::string_at(line, "task").value_or(""));
  if (!what)
    throw std::runtime_error("a line without a task");
  return *what;
}

std::vector<pair_transcript> read_all() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(WEIR_SOURCE_DIR) / "test/transcripts/pairs"))
    if (entry.path().extension() == ".jsonl")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<pair_transcript> all;
  for (const auto& file : files) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);)
      all.emplace_back(file.stem().string(), parse(line));
  }
  return all;
}

const json::object& parameters_at(const json::value& line) {
  static const json::object none;
  const auto* given = codec::object_at(line, "parameters");
  return given ? *given : none;
}

} // namespace

pair_transcript::pair_transcript(std::string v, json::value l)
    : vendor(std::move(v)), what(task_at(l)), line(std::move(l)) {}

task_request pair_transcript::request(std::string model) const {
  const auto& input = line.at("input");
  if (const auto* bytes = input.if_object(); bytes && bytes->contains("$bytes_b64")) {
    std::vector<media> attached;
    attached.emplace_back(bytes_at(input, "$bytes_b64"));
    return provider::read_task(what, std::move(model), nullptr, std::move(attached), parameters_at(line));
  }
  return provider::read_task(what, std::move(model), input, {}, parameters_at(line));
}

chat pair_transcript::as_chat(std::string model) const {
  chat ask(std::move(model));
  for (const auto& m : line.at("input").as_array())
    ask.add(message(std::string(*codec::string_at(m, "role")), std::string(*codec::string_at(m, "content"))));
  if (const auto n = codec::int_at(line.at("parameters"), "max_tokens"))
    ask.max_tokens(*n);
  return ask;
}

text_generation pair_transcript::as_generation(std::string model) const {
  text_generation ask(std::move(model));
  ask.prompt(std::string(line.at("input").as_string()));
  if (const auto n = codec::int_at(line.at("parameters"), "max_new_tokens"))
    ask.max_new_tokens(*n);
  if (const auto t = codec::number_at(line.at("parameters"), "temperature"))
    ask.temperature(*t);
  return ask;
}

const std::vector<pair_transcript>& all_pairs() {
  static const auto all = read_all();
  return all;
}

std::string bytes_at(const json::value& v, std::string_view key) {
  auto bytes = decode_base64(codec::string_at(v, key).value_or("!"));
  if (!bytes)
    throw std::runtime_error("no base64 at " + std::string(key));
  return std::move(*bytes);
}

} // namespace weir::inline v0::test
