#include "batch/output/result_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <weir/core/error.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/results.hpp>

#include "batch/output/body_bytes.hpp"
#include "batch/output/object_writer.hpp"
#include "batch/output/output_writer.hpp"
#include "codec/json/json.hpp"
#include "core/failure/system_reason.hpp"
#include "core/stable_hash.hpp"

namespace weir::inline v0 {

namespace fs = std::filesystem;
namespace json = codec::json;

namespace {

constexpr std::string_view index_name = ".weir-files.jsonl";
constexpr std::size_t piece = std::size_t{64} << 10;
// A line is paths and what is told of them; a longer one is none of ours.
constexpr std::size_t longest_line = std::size_t{16} << 20;

// Of a result, or of a const one.
template <class Any, class Function>
void each_medium(Any& result, const Function& f) {
  if (auto* c = std::any_cast<completion>(&result)) {
    for (auto& choice : c->choices)
      for (auto& m : choice.media)
        f(m);
  } else if (auto* all = std::any_cast<media_result>(&result)) {
    for (auto& m : all->items)
      f(m);
  } else if (auto* parts = std::any_cast<segmentation>(&result)) {
    for (auto& s : parts->segments)
      f(s.mask);
  } else if (auto* sounds = std::any_cast<audio_tracks>(&result)) {
    for (auto& t : sounds->tracks)
      f(t.sound);
  }
}

[[noreturn]] void refuse(const std::string& folder, const std::string& why) {
  throw error(errc::invalid_argument, "the folder of files, " + folder + ", " + why);
}

bool is_file(const std::string& path) {
  struct stat s{};
  return ::stat(path.c_str(), &s) == 0 && S_ISREG(s.st_mode);
}

// Names of ours have no part that begins with a dot: an index from elsewhere leads nowhere else.
bool is_ours(std::string_view name) noexcept {
  return !name.empty() && name.front() != '/' && name.front() != '.' && name.find("/.") == name.npos;
}

std::vector<std::string> names_in(const json::value& v) {
  std::vector<std::string> all;
  if (const auto* list = codec::array_at(v, "files"))
    for (const auto& one : *list)
      if (one.is_string() && is_ours(std::string_view(one.get_string())))
        all.emplace_back(one.get_string());
  return all;
}

std::string text_at(const json::value& v, std::string_view key) {
  return std::string(codec::string_at(v, key).value_or(""));
}

} // namespace

bool has_bytes(const std::any& result) {
  bool found = false;
  each_medium(result, [&found](const media& m) { found = found || !m.bytes.empty(); });
  return found;
}

void check_files_folder(const std::string& folder, bool replace) {
  std::error_code ec;
  if (!fs::exists(folder, ec))
    return;
  if (!fs::is_directory(folder, ec))
    refuse(folder, "is a file");
  const bool empty = fs::is_empty(folder, ec);
  if (ec)
    refuse(folder, "cannot be read: " + ec.message());
  if (!replace && !empty && !fs::exists(folder + '/' + std::string(index_name), ec))
    refuse(folder, "has files of others, which could be replaced: name a new one");
}

result_files::result_files(std::string folder, bool replace) : folder_(std::move(folder)) {
  while (folder_.size() > 1 && folder_.ends_with('/'))
    folder_.pop_back();
  check_files_folder(folder_, replace);
  std::error_code ec;
  fs::create_directories(folder_, ec);
  if (ec)
    refuse(folder_, "cannot be made: " + ec.message());
  const auto path = folder_ + '/' + std::string(index_name);
  index_ = descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!index_)
    refuse(folder_, "cannot be written: " + system_reason(errno));
  read_index();
}

void result_files::read_index() {
  std::string text;
  std::uint64_t at = 0; // of the first byte of `text`
  for (;;) {
    const auto had = text.size();
    text.resize(had + piece);
    const auto n = ::pread(index_.get(), text.data() + had, piece, static_cast<off_t>(at + had));
    if (n < 0 && errno != EINTR)
      refuse(folder_, "cannot be read: " + system_reason(errno));
    text.resize(had + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
      note(std::string_view(text).substr(begin, end - begin), at + begin);
      begin = end + 1;
    }
    if (text.size() - begin > longest_line)
      refuse(folder_, "has an index that cannot be read: " + std::string(index_name));
    text.erase(0, begin);
    at += begin;
    if (n == 0)
      break;
  }
  // A line that was torn is ended, so that the next one begins anew.
  if (!text.empty() && ::write(index_.get(), "\n", 1) != 1)
    refuse(folder_, "cannot be written: " + system_reason(errno));
}

void result_files::note(std::string_view text, std::uint64_t at) {
  error_code ec;
  const auto v = codec::parse_json(text, ec);
  if (ec)
    return;
  const auto id = codec::string_at(v, "id");
  const auto fingerprint = codec::uint_at(v, "fingerprint");
  if (!id || !fingerprint)
    return;
  auto& l = known_[stable_hash(*id)];
  l.fingerprint = *fingerprint;
  l.at = at;
  l.size = static_cast<std::uint32_t>(text.size());
}

// Of the item's last line, and what it tells; none without one.
std::vector<std::string> result_files::paths_of(const std::string& id, batch_result* found) const {
  std::vector<std::string> all;
  const auto it = known_.find(stable_hash(id));
  if (it == known_.end())
    return all;
  std::string text(it->second.size, '\0');
  const auto n = ::pread(index_.get(), text.data(), text.size(), static_cast<off_t>(it->second.at));
  error_code ec;
  const auto v = n == static_cast<ssize_t>(text.size()) ? codec::parse_json(text, ec) : json::value();
  if (ec || codec::string_at(v, "id") != id)
    return all;
  for (const auto& name : names_in(v))
    all.push_back(folder_ + '/' + name);
  if (found) {
    found->body = text_at(v, "body");
    found->provider = text_at(v, "provider");
    found->model = text_at(v, "model");
  }
  return all;
}

std::optional<batch_result> result_files::find(const std::string& id, std::uint64_t fingerprint) const {
  const std::lock_guard lock(mutex_);
  const auto it = known_.find(stable_hash(id));
  if (it == known_.end() || it->second.fingerprint != fingerprint)
    return std::nullopt;
  batch_result r;
  r.outcome = outcome::complete;
  r.restored = true;
  const auto paths = paths_of(id, &r);
  return !paths.empty() && std::all_of(paths.begin(), paths.end(), is_file) ? std::optional(std::move(r))
                                                                            : std::nullopt;
}

std::string result_files::other_file(const std::string& id, std::uint64_t fingerprint) const {
  const std::lock_guard lock(mutex_);
  const auto it = known_.find(stable_hash(id));
  if (it == known_.end() || it->second.fingerprint == fingerprint)
    return {};
  const auto paths = paths_of(id);
  const auto there = std::find_if(paths.begin(), paths.end(), is_file);
  return there == paths.end() ? std::string() : *there;
}

bool result_files::is_lost(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto paths = paths_of(id);
  return !std::all_of(paths.begin(), paths.end(), is_file);
}

// The first one has the item's name, further ones are `name+2.png` and so on: no item is called so.
std::string result_files::path_of(const std::string& stem, std::size_t number, const media& m) const {
  const auto type = m.content_type.empty() ? content_type_of(m.bytes) : std::string_view(m.content_type);
  return folder_ + '/' + stem + (number == 1 ? std::string() : '+' + std::to_string(number)) + '.' +
         std::string(file_extension(type));
}

// Its folder is there then.
std::string result_files::stem_of(const std::string& id) const {
  auto stem = file_stem(id);
  if (const auto slash = stem.rfind('/'); slash != stem.npos) {
    std::error_code ec;
    const auto inner = folder_ + '/' + stem.substr(0, slash);
    fs::create_directories(inner, ec);
    if (ec)
      throw error(errc::not_saved, "cannot make the folder " + inner + ": " + ec.message());
  }
  return stem;
}

void result_files::write(const std::string& stem, media& m, std::vector<std::string>& saved) const {
  auto path = path_of(stem, saved.size() + 1, m);
  output_writer to(path, {});
  to.write(m.bytes);
  to.commit();
  if (m.content_type.empty())
    m.content_type = content_type_of(m.bytes);
  m.bytes = std::string();
  m.path = path;
  saved.push_back(std::move(path));
}

template <class Function>
void result_files::noting_problems(const Function& f) {
  if (auto why = problem(); !why.empty())
    throw error(errc::not_saved, std::move(why));
  try {
    f();
  } catch (const error& e) {
    const std::lock_guard lock(mutex_);
    if (problem_.empty())
      problem_ = e.failure().message();
    throw;
  }
}

void result_files::measure(const std::any& result) {
  std::uint64_t bytes = 0;
  each_medium(result, [&bytes](const media& m) { bytes += (m.bytes.size() + 2) / 3 * 4; });
  const std::lock_guard lock(mutex_);
  largest_ = std::max(largest_.value_or(0), bytes);
}

std::vector<std::string> result_files::save(const std::string& id, std::any& result) {
  measure(result);
  std::vector<std::string> saved;
  if (has_bytes(result))
    noting_problems([&] {
      const auto stem = stem_of(id);
      each_medium(result, [&](media& m) {
        if (!m.bytes.empty())
          write(stem, m, saved);
      });
    });
  return saved;
}

bool result_files::knows(const std::string& id, std::uint64_t fingerprint) const {
  const std::lock_guard lock(mutex_);
  const auto it = known_.find(stable_hash(id));
  return it != known_.end() && it->second.fingerprint == fingerprint;
}

bool result_files::save_body(std::uint64_t fingerprint, batch_result& r) {
  std::vector<std::string> saved;
  noting_problems([&] {
    std::string stem;
    replace_bytes(r.body, [&](media& m) {
      if (stem.empty())
        stem = stem_of(r.id);
      write(stem, m, saved);
      return m.path;
    });
  });
  if (saved.empty())
    return false;
  remember(r.id, fingerprint, saved, r);
  return true;
}

void result_files::remember(const std::string& id, std::uint64_t fingerprint, const std::vector<std::string>& paths,
                            const batch_result& r) {
  const auto name_of = [this](const std::string& path) { return path.substr(folder_.size() + 1); };
  std::string text, names;
  object_writer o(text);
  o.text("id", id);
  o.number("fingerprint", fingerprint);
  for (const auto& path : paths) {
    names += names.empty() ? '[' : ',';
    append_quoted(names, name_of(path));
  }
  o.raw("files", names + ']');
  o.text_if("provider", r.provider);
  o.text_if("model", r.model);
  o.text("body", r.body);
  o.close();

  const std::lock_guard lock(mutex_);
  for (const auto& before : paths_of(id))
    if (std::find(paths.begin(), paths.end(), before) == paths.end())
      ::unlink(before.c_str());
  // In one piece: parts of a job may share the folder. Where it fails, the item's file is only not found again.
  text += '\n';
  const auto n = ::write(index_.get(), text.data(), text.size());
  const auto end = ::lseek(index_.get(), 0, SEEK_CUR);
  if (n != static_cast<ssize_t>(text.size()) || end < 0)
    return;
  note(std::string_view(text).substr(0, text.size() - 1), static_cast<std::uint64_t>(end) - text.size());
}

std::string result_files::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

std::optional<std::uint64_t> result_files::largest() const {
  const std::lock_guard lock(mutex_);
  return largest_;
}

} // namespace weir::inline v0
