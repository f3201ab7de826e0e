#include "tool/batch/job_journal.hpp"

#include <filesystem>

#include <weir/batch/provider_batch.hpp>

#include "codec/json/json.hpp"
#include "store/journal/journal_settings.hpp"
#include "tool/batch/kept_answers.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

bool has_no_answers(const std::string& path, const std::string& settings) {
  const auto own = read_journal_settings(path);
  if (own == settings)
    return false;
  const auto kept = open_journal(path, journal_options().settings(own));
  return answers_in(*kept) == 0 && unsettled_items(*kept) == 0;
}

// Empty if it has the same, or cannot be read, which its opening tells.
std::string other_settings(const std::string& path, const std::string& settings) {
  try {
    auto own = read_journal_settings(path);
    return own == settings ? std::string() : own;
  } catch (const error&) {
    return {};
  }
}

} // namespace

bool is_begun(const std::string& path) {
  std::error_code ignored;
  return !path.empty() && std::filesystem::exists(path, ignored);
}

job_journal open_for_job(const std::string& path, const std::string& settings, bool force) {
  const auto open = [&](bool forced) { return open_journal(path, journal_options().settings(settings).force(forced)); };
  job_journal j;
  if (force && is_begun(path))
    j.settings_before = other_settings(path, settings);
  try {
    j.kept = open(force);
  } catch (const error& e) {
    if (e.code() != make_error_code(errc::invalid_configuration) || !is_begun(path) || !has_no_answers(path, settings))
      throw;
    j.kept = open(true);
  }
  return j;
}

std::string target_words(const std::string& settings) {
  error_code ec;
  const auto v = codec::parse_json(settings, ec);
  if (ec || !v.is_object())
    return one_line(settings);
  const auto text = [&v](std::string_view key) { return std::string(codec::string_at(v, key).value_or("")); };
  auto words = text("model").empty() ? "its models" : text("model");
  if (!text("base_url").empty())
    words += " at " + text("base_url");
  else
    words += " of " + (text("provider").empty() ? "auto" : text("provider"));
  return one_line(words);
}

} // namespace weir::inline v0::cli
