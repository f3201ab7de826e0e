// weir cache: what the response cache has.

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/store/disk_cache.hpp>
#include <weir/task/text_generation.hpp>

#include "codec/json/json.hpp"
#include "core/time/in_seconds.hpp"
#include "policy/cache/answer_codec.hpp"
#include "tool/arguments/cache_arguments.hpp"
#include "tool/arguments/help.hpp"
#include "tool/commands/commands.hpp"
#include "tool/output/cache_words.hpp"
#include "tool/output/output.hpp"
#include "tool/output/results.hpp"

namespace weir::inline v0::cli {

namespace json = codec::json;

namespace {

class arguments {
public:
  arguments() = default;
  std::string folder, key;
  std::uint64_t limit = 20;
  bool json = false;
  std::shared_ptr<std::string> trouble = std::make_shared<std::string>();
};

constexpr std::size_t shortest_key = 4, shown_of_key = 12;

class listed {
public:
  std::string key;
  cache_entry entry;
};

// What only looks makes no file.
class no_store final : public cache_store {
public:
  std::optional<cache_entry> find(std::string_view) noexcept override { return std::nullopt; }
  void put(std::string, cache_entry) noexcept override {}
  void erase(std::string_view) noexcept override {}
  std::uint64_t clear() noexcept override { return 0; }
  cache_store_stats stats() noexcept override { return {}; }
  void each(const std::function<bool(const std::string&, const cache_entry&)>&) override {}
};

// A cache that cannot be read is no empty one.
void check(const arguments& args) {
  if (!args.trouble->empty())
    throw error(errc::invalid_argument, *args.trouble);
}

std::shared_ptr<cache_store> open(const arguments& args) {
  std::error_code ec;
  const auto path = cache_file(args.folder);
  if (!std::filesystem::exists(path, ec)) {
    if (ec)
      throw error(errc::invalid_argument, "the cache " + path + " cannot be opened: " + ec.message());
    return std::make_shared<no_store>();
  }
  const auto store =
      open_disk_cache(path, disk_cache_settings().on_trouble(
                                [trouble = args.trouble](const std::string& line) { *trouble = one_line(line); }));
  check(args);
  return store;
}

duration age_of(const cache_entry& e) { return std::chrono::system_clock::now() - e.written; }

std::string when(const cache_entry& e) {
  return fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(e.written)));
}

std::string size_words(std::uint64_t bytes) {
  constexpr std::uint64_t kb = 1000, mb = 1'000'000;
  if (bytes < 10 * kb)
    return fmt::format("{} bytes", bytes);
  return bytes < 10 * mb ? fmt::format("{} kB", bytes / kb) : fmt::format("{} MB", bytes / mb);
}

void stats(const arguments& args) {
  const auto store = open(args);
  const auto s = store->stats();
  check(args);
  std::optional<cache_entry> newest, oldest;
  store->each([&](const std::string&, const cache_entry& e) {
    if (!newest)
      newest = e;
    oldest = e;
    return true;
  });
  if (args.json) {
    json::object o{{"file", cache_file(args.folder)}, {"entries", s.entries}, {"bytes", s.bytes}};
    o["newest"] = newest ? json::value(when(*newest)) : json::value(nullptr);
    o["oldest"] = oldest ? json::value(when(*oldest)) : json::value(nullptr);
    return print(stdout, "{}\n", codec::to_text(o));
  }
  print(stdout, "{}\n{} answer{}, {}\n", cache_file(args.folder), s.entries, s.entries == 1 ? "" : "s",
        size_words(s.bytes));
  if (newest)
    print(stdout, "the newest is {} old, the oldest {}\n", age_words(age_of(*newest)), age_words(age_of(*oldest)));
}

void clear(const arguments& args) {
  const auto n = open(args)->clear();
  check(args);
  if (args.json)
    print(stdout, "{}\n", codec::to_text(json::object{{"cleared", n}}));
  else
    print(stdout, "{} answer{} erased\n", n, n == 1 ? "" : "s");
}

json::object head_of(const listed& one) {
  json::object o{{"key", one.key}};
  o["written"] = when(one.entry);
  o["age_s"] = in_seconds(age_of(one.entry));
  o["operation"] = one.entry.operation;
  o["provider"] = one.entry.provider;
  o["model"] = one.entry.model;
  o["bytes"] = one.entry.size;
  return o;
}

void list(const arguments& args) {
  std::vector<listed> all;
  open(args)->each([&](const std::string& key, const cache_entry& e) {
    all.emplace_back();
    all.back().key = key;
    all.back().entry = e;
    return args.limit == 0 || all.size() < args.limit;
  });
  if (args.json) {
    for (const auto& one : all)
      print(stdout, "{}\n", codec::to_text(head_of(one)));
    return;
  }
  print(stdout, "{:<12}  {:>7}  {:>10}  {:<16}  {}\n", "KEY", "AGE", "SIZE", "OPERATION", "MODEL");
  for (const auto& one : all)
    print(stdout, "{:<12}  {:>7}  {:>10}  {:<16}  {}\n", one.key.substr(0, shown_of_key), age_words(age_of(one.entry)),
          size_words(one.entry.size), one.entry.operation,
          one_line(one.entry.provider + (one.entry.model.empty() ? "" : "/" + one.entry.model)));
}

std::string text_of(const recorded_answer& a) {
  if (const auto* g = std::any_cast<generation>(&a.result))
    return g->text();
  const auto* c = std::any_cast<completion>(&a.result);
  std::string text;
  if (!c && a.result.has_value()) {
    print_result(a.result, [&text](std::string_view piece) { text += piece; });
    return text;
  }
  const auto whole = c ? *c : completion_of(a);
  text = whole.text();
  for (const auto& call : whole.tool_calls())
    text += call.name + '(' + call.arguments + ")\n";
  return text;
}

// The one entry whose key begins like this.
std::string whole_key(cache_store& store, const std::string& given) {
  if (given.size() < shortest_key)
    throw error(errc::invalid_argument, fmt::format("a key has at least {} characters here", shortest_key));
  std::vector<std::string> fit;
  store.each([&](const std::string& key, const cache_entry&) {
    if (key.starts_with(given))
      fit.push_back(key);
    return fit.size() < 2;
  });
  if (fit.empty())
    throw error(errc::not_found, fmt::format("the cache has no answer with the key {}", one_line(given)));
  if (fit.size() > 1)
    throw error(errc::invalid_argument, fmt::format("several keys begin with {}: give more of it", one_line(given)));
  return fit.front();
}

void show(const arguments& args) {
  if (args.key.empty())
    return list(args);
  const auto store = open(args);
  listed one;
  one.key = whole_key(*store, args.key);
  auto entry = store->find(one.key);
  const auto answer = entry ? decode_answer(entry->data) : std::nullopt;
  if (!answer)
    throw error(errc::not_found, fmt::format("the answer {} cannot be read: another version of weir wrote it, or it is "
                                             "damaged",
                                             one.key.substr(0, shown_of_key)));
  one.entry = std::move(*entry);
  if (args.json) {
    auto o = head_of(one);
    o["url"] = answer->url;
    o["finish_reason"] = answer->finish_reason;
    o["prompt_tokens"] = answer->usage.prompt_tokens ? json::value(*answer->usage.prompt_tokens) : json::value(nullptr);
    o["completion_tokens"] =
        answer->usage.completion_tokens ? json::value(*answer->usage.completion_tokens) : json::value(nullptr);
    o["text"] = text_of(*answer);
    return print(stdout, "{}\n", codec::to_text(o));
  }
  say(stderr, "{} · {} · {} old · {}\n", one.key.substr(0, shown_of_key),
      one_line(answer->provider + (answer->model.empty() ? "" : "/" + answer->model)), age_words(age_of(one.entry)),
      size_words(one.entry.size));
  auto text = text_of(*answer);
  if (!text.ends_with('\n'))
    text += '\n';
  put(stdout, text);
}

CLI::App* add(CLI::App& to, const char* name, const char* description, void (*act)(const arguments&)) {
  auto* command = to.add_subcommand(name, description);
  const auto args = std::make_shared<arguments>();
  never_empty(command->add_option("--dir", args->folder, "The folder of the cache (default: ~/.cache/weir)"))
      ->type_name("DIR");
  command->add_flag("--json", args->json, "Print JSON")->group("Output");
  if (act == show) {
    command->add_option("KEY", args->key, "The key of an answer, or how it begins; without one, the newest are listed");
    whole_number(command->add_option("--limit", args->limit, "How many to list, 0 for all (default: 20)"), 0,
                 1'000'000'000)
        ->type_name("N");
  }
  command->callback([args, act] { act(*args); });
  return command;
}

} // namespace

void add_cache(CLI::App& app, int&) {
  auto* command = app.add_subcommand("cache", "Look into the response cache, or clear it");
  command->require_subcommand(1);
  add(*command, "stats", "How many answers there are, and how large and old they are", stats);
  add(*command, "clear", "Erase all answers", clear);
  add(*command, "show", "List the answers, or print one", show);
  command->footer("The cache is what weir chat --cache and weir run --cache keep: see --cache there. Nothing is sent.");
}

} // namespace weir::inline v0::cli
