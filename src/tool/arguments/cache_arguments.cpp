#include "tool/arguments/cache_arguments.hpp"

#include <fmt/format.h>

#include <weir/core/error.hpp>
#include <weir/policy/response_cache.hpp>
#include <weir/store/disk_cache.hpp>

#include "client/cache/call_keys.hpp"
#include "core/time/duration.hpp"
#include "tool/arguments/help.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

// What CLI11 gives a flag without a value.
constexpr std::string_view no_value = "true";

duration ttl_of(const std::string& given) {
  try {
    return parse_duration(given);
  } catch (const error& e) {
    throw error(errc::invalid_argument, fmt::format("--cache-ttl: {}", e.failure().message()));
  }
}

} // namespace

std::string cache_file(const std::string& folder) {
  if (!folder.empty())
    return folder + "/responses.sqlite";
  auto file = default_disk_cache_path();
  if (file.empty())
    throw error(errc::invalid_configuration,
                "neither XDG_CACHE_HOME nor HOME says where the cache is: --cache=DIR does");
  return file;
}

void cache_arguments::add_to(CLI::App& command) {
  auto* cache = never_empty(command.add_flag("--cache", cache_,
                                             "Answer a request that was made before from the cache in DIR (default: "
                                             "~/.cache/weir), and keep complete answers there"))
                    ->type_name("[DIR]")
                    ->group("Cache");
  never_empty(command.add_option("--cache-ttl", ttl_, "How long an answer is used, such as 30m or 48h (default: 24h)"))
      ->type_name("TIME")
      ->group("Cache");
  command.add_flag("--refresh", refresh_, "Ask for a new answer, and keep it in place of the cached one")
      ->group("Cache");
  command.add_flag("--no-cache", none_, "Use no cache, whatever the configuration file says")
      ->group("Cache")
      ->excludes(cache);
}

void cache_arguments::apply(options& o) const {
  if (none_) {
    o.cache(nullptr);
    return;
  }
  if (cache_.empty() && ttl_.empty())
    return;
  if (cache_.empty() && !o.cache())
    throw error(errc::invalid_argument, "--cache-ttl is for --cache, or a cache in the configuration file");
  auto settings = o.cache() ? o.cache()->settings() : cache_settings();
  auto store = o.cache() ? o.cache()->store() : nullptr;
  if (!cache_.empty()) {
    // It was asked for, whatever the temperature.
    settings.any_temperature(true);
    store = open_disk_cache(cache_file(cache_ == no_value ? std::string() : cache_),
                            disk_cache_settings().on_trouble(
                                [](const std::string& line) { tell_apart(stderr, "weir: " + one_line(line) + '\n'); }));
  }
  if (!ttl_.empty())
    settings.ttl(ttl_of(ttl_));
  o.cache(std::make_shared<response_cache>(settings, std::move(store)));
}

void cache_arguments::apply(call_options& o) const {
  if (refresh_)
    o.cache(cache_use::refresh);
}

void cache_arguments::check(const http_operation& op) const {
  const auto* option = !cache_.empty() ? "--cache" : refresh_ ? "--refresh" : !ttl_.empty() ? "--cache-ttl" : nullptr;
  if (!option || has_cached_answers(op))
    return;
  const auto* files = op.what() == task_kind::feature_extraction ? " of files" : "";
  throw error(errc::invalid_argument,
              fmt::format("{}: answers to {}{} are not kept; those to chat, text-generation and feature-extraction of "
                          "texts are",
                          option, name_of(op.what()), files));
}

} // namespace weir::inline v0::cli
