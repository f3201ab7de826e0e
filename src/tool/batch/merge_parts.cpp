#include "tool/batch/merge_parts.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include <weir/batch.hpp>

#include "batch/output/merge.hpp"
#include "batch/output/output_writer.hpp"
#include "store/journal/journal_settings.hpp"
#include "tool/batch/batch_places.hpp"
#include "tool/batch/stop_words.hpp"
#include "tool/exit_code.hpp"
#include "tool/output/output.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace fs = std::filesystem;

namespace {

// `out.jsonl` stands for its journal.
std::string journal_of(const std::string& given) {
  std::error_code ignored;
  if (!given.ends_with(".journal") && fs::exists(given + ".journal", ignored))
    return given + ".journal";
  if (!fs::exists(given, ignored))
    throw error(errc::invalid_argument, fmt::format("{} is no part of a job: there is no {}{}", given, given,
                                                    given.ends_with(".journal") ? "" : ".journal"));
  return given;
}

// A part's journal is named by its output, which is none itself.
std::string settings_of(const std::string& file) {
  try {
    return read_journal_settings(file);
  } catch (const error& e) {
    if (e.failure().message().find("is no journal") == std::string::npos)
      throw;
  }
  throw error(errc::invalid_argument,
              fmt::format("{} is no part of a job: it is no journal, and there is no {}.journal", file, file));
}

} // namespace

int merge_parts(const std::vector<std::string>& parts, const batch_arguments& args) {
  const auto path = args.journal_path();
  auto places = args.places(path);
  for (const auto& part : parts) {
    const auto file = journal_of(part);
    for (std::size_t i = 0; i < places.inputs.size(); i += 2)
      if (is_same_file(places.inputs[i], file))
        throw error(errc::invalid_argument, fmt::format("{} is named twice", part));
    places.inputs.insert(places.inputs.end(), {file, part});
  }
  check_places(places);
  signals::watch();
  std::vector<std::unique_ptr<journal>> opened;
  std::vector<const journal*> from;
  std::string settings;
  for (std::size_t i = 0; i < places.inputs.size(); i += 2) {
    const auto& file = places.inputs[i];
    settings = settings_of(file);
    opened.push_back(open_journal(file, journal_options().settings(settings)));
    from.push_back(opened.back().get());
    if (const auto open = unsettled_items(*from.back()); open != 0)
      throw error(errc::invalid_argument,
                  fmt::format("{} items of {} are in batches at the provider: run this part to its end first", open,
                              places.inputs[i + 1]));
  }
  const auto into = open_journal(path, journal_options().settings(settings).force(true));
  merge_journals(from, *into, throw_if_output_is_stopped);
  auto out = args.output_options();
  out.check(throw_if_output_is_stopped);
  batch_output_counts written;
  try {
    written = write_batch_output(*into, args.output, out);
  } catch (const error& e) {
    if (!was_left_by_reader(e.failure(), args.output))
      throw;
    return exit_code::reader_left;
  }
  if (!args.common.quiet)
    say(stderr, "{} items of {} parts are in {}; {} has them all for another run\n", written.items, parts.size(),
        args.output == "-" ? "the output" : args.output, path);
  if (written.failures != 0)
    say(stderr, "weir: {} items have no complete answer\n", written.failures);
  return written.failures == 0 ? exit_code::complete : exit_code::some_failed;
}

} // namespace weir::inline v0::cli
