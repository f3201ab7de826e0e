// weir man: the manual pages, for packages.

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>

#include <weir/core/error.hpp>
#include <weir/version.hpp>

#include "tool/arguments/help.hpp"
#include "tool/commands/commands.hpp"
#include "tool/output/output.hpp"
#include "tool/reference/man_page.hpp"

namespace weir::inline v0::cli {

namespace {

class arguments {
public:
  arguments() = default;
  std::string command, folder;
};

void write(const std::string& path, const std::string& page) {
  std::ofstream out(path);
  if (!(out << page).flush())
    throw error(errc::not_saved, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

void write_pages(const CLI::App& app, const arguments& args) {
  const auto visible = [](const CLI::App* one) { return !one->get_group().empty(); };
  auto pages = app.get_subcommands(visible);
  pages.insert(pages.begin(), &app);
  if (!args.folder.empty()) {
    for (const auto* page : pages)
      write(fmt::format("{}/{}.1", args.folder, man_name(*page)), man_page(*page, version));
    return;
  }
  for (const auto* page : pages)
    if (page->get_name() == args.command || (page == &app && args.command.empty()))
      return put(stdout, man_page(*page, version));
  throw error(errc::invalid_argument, fmt::format("there is no command '{}'", args.command));
}

} // namespace

void add_man(CLI::App& app, int&) {
  auto* command = app.add_subcommand("man", "Print a manual page");
  command->group("");
  auto args = std::make_shared<arguments>();
  command->add_option("COMMAND", args->command, "The command; weir's own page without one");
  never_empty(command->add_option("--into", args->folder, "Write every page into this folder"))->type_name("FOLDER");
  command->callback([args, &app] { write_pages(app, *args); });
}

} // namespace weir::inline v0::cli
