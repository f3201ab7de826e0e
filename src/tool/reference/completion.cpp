#include "tool/reference/completion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include <weir/task/kind.hpp>

#include "tool/arguments/help.hpp"
#include "tool/reference/values.hpp"

namespace weir::inline v0::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 1'000;

bool is_hidden(const CLI::App& command) { return command.get_group().empty(); }

bool takes_value(const CLI::Option& o) { return o.get_items_expected_max() > 0; }

// Of an option whose value may be left out it never is the next word.
bool takes_joined_value(const CLI::Option& o) { return takes_value(o) || has_optional_value(o); }

std::vector<const CLI::Option*> arguments_of(const CLI::App& command) {
  return command.get_options([](const CLI::Option* o) { return o->get_positional(); });
}

// Where the words before the last lead.
class position {
public:
  explicit position(const CLI::App& root) : command(&root) {}

  void read(const std::string& word) {
    if (pending) {
      pending = nullptr;
    } else if (only_arguments || !word.starts_with('-') || word == "-") {
      read_argument(word);
    } else if (word == "--") {
      only_arguments = true;
    } else if (const auto* option = command->get_option_no_throw(word); option && takes_value(*option)) {
      pending = option;
    }
  }

  const CLI::App* command;
  const CLI::Option* pending = nullptr; // takes the next word
  std::size_t arguments = 0;
  std::optional<task_kind> task;
  bool only_arguments = false;

private:
  void read_argument(const std::string& word) {
    const auto commands = command->get_subcommands([&word](const CLI::App* a) { return a->get_name() == word; });
    if (!task) // `chat` too, which is a command
      task = find_task_kind(word);
    if (!only_arguments && !commands.empty())
      command = commands.front();
    else
      ++arguments;
  }
};

void add(completions& to, std::string_view begun, std::string text, std::string description) {
  if (text.starts_with(begun))
    to.words.emplace_back(std::move(text), std::move(description));
}

// `@FILE`: the shells complete files only at the beginning of a word.
void add_files_at(completions& to, const std::string& begun) {
  const auto slash = begun.rfind('/');
  const auto folder = slash == std::string::npos ? std::string() : begun.substr(1, slash);
  const bool dots = begun.substr(folder.size() + 1).starts_with('.');
  std::error_code ec;
  fs::directory_iterator entry(folder.empty() ? "." : folder, ec);
  for (std::size_t n = 0; !ec && entry != fs::directory_iterator() && n < most_files; entry.increment(ec), ++n) {
    const auto name = entry->path().filename().string();
    std::error_code unknown;
    const auto* end = entry->is_directory(unknown) ? "/" : "";
    if (dots || !name.starts_with('.'))
      add(to, begun, fmt::format("@{}{}{}", folder, name, end), "");
  }
}

// `begun` is what the value begins with, and `before` what stands before it in the same word.
void add_values(completions& to, const value_choice& choice, const std::string& before, const std::string& begun) {
  for (const auto& [word, description] : choice.words)
    add(to, before + begun, before + word, description);
  if (choice.texts && before.empty() && begun.starts_with('@'))
    add_files_at(to, begun);
  to.files = choice.files;
}

void add_options(completions& to, const CLI::App& command, const std::string& begun) {
  for (const auto* o : command.get_options([](const CLI::Option* one) { return !one->get_positional(); })) {
    if (o->get_group().empty())
      continue;
    for (const auto& name : o->get_lnames())
      add(to, begun, "--" + name, o->get_description());
    if (o->get_lnames().empty())
      for (const auto& name : o->get_snames())
        add(to, begun, "-" + name, o->get_description());
  }
}

void add_commands(completions& to, const CLI::App& command, const std::string& begun) {
  for (const auto* c : command.get_subcommands([](const CLI::App* one) { return !is_hidden(*one); }))
    add(to, begun, c->get_name(), c->get_description());
}

} // namespace

completions complete(const CLI::App& root, const std::vector<std::string>& words,
                     const std::vector<provider_row>& providers) {
  completions found;
  position at(root);
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    at.read(words[i]);
  const auto begun = words.empty() ? std::string() : words.back();
  const auto equals = begun.find('=');
  if (at.pending) {
    add_values(found, values_of(*at.pending, at.task, providers), "", begun);
  } else if (!at.only_arguments && begun.starts_with("--") && equals != std::string::npos) {
    const auto* option = at.command->get_option_no_throw(begun.substr(0, equals));
    if (option && takes_joined_value(*option))
      add_values(found, values_of(*option, at.task, providers), begun.substr(0, equals + 1), begun.substr(equals + 1));
  } else if (!at.only_arguments && begun.starts_with('-')) {
    add_options(found, *at.command, begun);
  } else if (const auto arguments = arguments_of(*at.command); !arguments.empty()) {
    const auto* last = arguments.back();
    if (at.arguments < arguments.size() || last->get_expected_max() > 1)
      add_values(found, values_of(*arguments[std::min(at.arguments, arguments.size() - 1)], at.task, providers), "",
                 begun);
  } else if (at.arguments == 0) {
    add_commands(found, *at.command, begun);
  }
  return found;
}

} // namespace weir::inline v0::cli
