#include "tool/reference/values.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "sim/faults/fault.hpp"
#include "tool/arguments/parameters.hpp"
#include "tool/commands/sums_by.hpp"

namespace weir::inline v0::cli {

namespace {

void add(value_choice& to, std::initializer_list<const char*> words) {
  for (const auto* word : words)
    to.words.emplace_back(word, "");
}

void add_providers(value_choice& to, const std::vector<provider_row>& all, std::optional<task_kind> task) {
  for (const auto& p : all)
    if (!task || std::find(p.tasks.begin(), p.tasks.end(), *task) != p.tasks.end())
      to.words.emplace_back(p.id, "");
}

void add_tasks(value_choice& to) {
  for (const auto what : all_task_kinds())
    if (what != task_kind::chat)
      to.words.emplace_back(name_of(what), "");
}

void add_parameters(value_choice& to, task_kind what) {
  for (const auto& p : parameters_of(what)) {
    const std::string assigned(std::string(p.name) + "=");
    auto values = p.type == parameter_type::flag ? std::vector<std::string_view>{"true", "false"} : p.values();
    if (values.empty())
      values.emplace_back();
    for (const auto value : values)
      to.words.emplace_back(assigned + std::string(value), value == values.front() ? p.meaning : std::string_view());
  }
}

} // namespace

value_choice values_of(const CLI::Option& option, std::optional<task_kind> task,
                       const std::vector<provider_row>& providers) {
  value_choice found;
  const auto name = option.get_name();
  const auto type = option.get_type_name();
  if (name == "--provider" || name == "PROVIDER") {
    add_providers(found, providers, task);
  } else if (name == "--task" || name == "TASK") {
    add_tasks(found);
  } else if (name == "--param" && task) {
    add_parameters(found, *task);
  } else if (name == "--reasoning-effort") {
    for (const auto effort : reasoning_efforts)
      found.words.emplace_back(effort, "");
  } else if (name == "--format") {
    add(found, {"text", "json"});
    found.texts = true;
  } else if (name == "--fault") {
    for (const auto& f : sim::fault_table())
      found.words.emplace_back(f.name, f.description);
  } else if (name == "--by" && type == "WHAT") {
    for (const auto& [word, meaning] : sums_by())
      found.words.emplace_back(word, meaning);
  } else if (name == "--where" && type == "NAME=VALUE") {
    for (const auto& [word, meaning] : sums_by())
      found.words.emplace_back(std::string(word) + (word.ends_with(':') ? "" : "="), meaning);
  } else if (name == "--since" || name == "--until") {
    add(found, {"1h", "24h", "7d", "30d"});
  } else if (name == "--cache-ttl") {
    add(found, {"30m", "1h", "24h", "168h"});
  } else if (name == "SHELL") {
    add(found, {"bash", "fish", "zsh"});
  } else if (type == "FILE" || type == "[FILE]" || type == "PATH" || type == "DIR" || type == "[DIR]" || name == "IN" ||
             name == "PART") {
    found.files = true;
  } else {
    found.texts = name == "PROMPT" || name == "TEXT" || name == "--system" || type == "INPUT";
  }
  return found;
}

} // namespace weir::inline v0::cli
