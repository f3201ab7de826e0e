#include "tool/interactive/history.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <weir/core/error.hpp>

#include "core/descriptor.hpp"
#include "tool/output/output.hpp"
#include "tool/private_files.hpp"

namespace weir::inline v0::cli {

namespace {

constexpr std::size_t most_entries = 1000;
constexpr std::size_t longest = 64u << 10;
// The file is cut to the last entries when it has become larger than this.
constexpr std::size_t large = 1u << 20;

// On one line of the file.
std::string escaped(std::string_view entry) {
  std::string line;
  for (const char c : entry) {
    if (c == '\\')
      line += "\\\\";
    else if (c == '\n')
      line += "\\n";
    else
      line += c;
  }
  return line + '\n';
}

std::string unescaped(std::string_view line) {
  std::string entry;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\' && i + 1 < line.size())
      entry += line[++i] == 'n' ? '\n' : line[i];
    else
      entry += line[i];
  }
  return entry;
}

} // namespace

history::history(std::string path) : path_(std::move(path)) {
  if (path_.empty())
    return;
  make_folders_of(path_);
  try {
    read();
  } catch (const error&) {
    entries_.clear();
  }
}

void history::read() {
  const descriptor file(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file)
    return;
  const auto text = read_all(file.get(), path_);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    if (end == text.npos)
      break; // one that was being written
    entries_.push_back(unescaped(std::string_view(text).substr(at, end - at)));
    at = end + 1;
  }
  if (entries_.size() > most_entries)
    entries_.erase(entries_.begin(), entries_.end() - most_entries);
  if (text.size() <= large)
    return;
  std::string shorter;
  for (const auto& one : entries_)
    shorter += escaped(one);
  write_private(path_, shorter);
}

void history::add(std::string_view entry) {
  if (entry.empty() || entry.size() > longest || (!entries_.empty() && entries_.back() == entry))
    return;
  entries_.emplace_back(entry);
  if (path_.empty())
    return;
  // One write to a file that is appended to: entries of several processes do not mix.
  const auto line = escaped(entry);
  const descriptor file(::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600));
  if (file)
    (void)!::write(file.get(), line.data(), line.size());
}

} // namespace weir::inline v0::cli
