// Reading ledgers, line by line.
#include <weir/store/ledger_file.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "core/regular_file.hpp"
#include "core/time/timestamp.hpp"
#include "store/ledger/entry_json.hpp"
#include "store/ledger/open_ledgers.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::size_t piece_size = std::size_t{256} << 10;
// Far more than an entry has.
constexpr std::size_t max_line = std::size_t{1} << 20;
constexpr unsigned max_renamed = 1000;

[[noreturn]] void throw_unreadable(const std::string& path, const std::string& why) {
  throw error(errc::invalid_argument, "the ledger \"" + path + "\" " + why);
}

class reader {
public:
  reader(const std::function<void(const ledger_entry&)>& each, std::chrono::system_clock::time_point since)
      : each_(each), since_(since),
        since_text_(since.time_since_epoch().count() > 0 ? timestamp(since) : std::string()) {}

  void read(const std::string& path) {
    std::string why;
    const auto file = open_regular_file(path, why);
    if (!file)
      throw_unreadable(path, why);
    std::string piece(piece_size, '\0'), rest;
    for (;;) {
      const auto n = ::read(file.get(), piece.data(), piece.size());
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        throw_unreadable(path, "cannot be read: " + std::error_code(errno, std::system_category()).message());
      if (n == 0)
        break;
      take(std::string_view(piece.data(), static_cast<std::size_t>(n)), rest);
    }
    // Without its break it is torn, or being written.
    if (!rest.empty())
      damaged();
  }

  ledger_contents contents;

private:
  void take(std::string_view piece, std::string& rest) {
    for (;;) {
      const auto end = piece.find('\n');
      if (end == std::string_view::npos)
        break;
      if (rest.empty())
        line(piece.substr(0, end));
      else
        line(rest.append(piece.substr(0, end)));
      rest.clear();
      piece.remove_prefix(end + 1);
    }
    if (rest.size() < max_line)
      rest.append(piece);
  }

  void line(std::string_view text) {
    ++number_;
    if (text.empty())
      return;
    if (!since_text_.empty() && text.back() == '}')
      if (const auto at = store::time_of_line(text); !at.empty() && at < since_text_)
        return;
    if (text.size() >= max_line)
      return damaged();
    auto e = store::read_line(text);
    if (!e) {
      damaged();
      // A process that was killed while it wrote leaves a piece, and another one's entry follows it in the line.
      if (const auto begin = store::last_beginning(text); begin != 0)
        e = store::read_line(text.substr(begin));
    }
    if (e && e->started >= since_) {
      ++contents.entries;
      each_(*e);
    }
  }

  void damaged() noexcept {
    if (++contents.damaged == 1)
      contents.first_damaged = number_;
  }

  const std::function<void(const ledger_entry&)>& each_;
  const std::chrono::system_clock::time_point since_;
  const std::string since_text_;
  std::uint64_t number_ = 0;
};

} // namespace

ledger_contents read_ledger(const std::string& path, const std::function<void(const ledger_entry&)>& each,
                            std::chrono::system_clock::time_point since) {
  store::write_open_ledgers();
  std::vector<std::string> renamed;
  for (unsigned i = 1; i <= max_renamed; ++i) {
    auto name = path + '.' + std::to_string(i);
    struct stat there{};
    if (::stat(name.c_str(), &there) != 0)
      break;
    // Nothing was written to it after that.
    if (std::chrono::system_clock::from_time_t(there.st_mtime) < since)
      break;
    renamed.push_back(std::move(name));
  }
  reader all(each, since);
  for (auto i = renamed.rbegin(); i != renamed.rend(); ++i)
    all.read(*i);
  all.read(path);
  return all.contents;
}

} // namespace weir::inline v0
