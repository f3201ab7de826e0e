// What the tests of the journal share.
#pragma once

#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/store/journal.hpp>

#include "store/journal/file.hpp"
#include "store/journal/journal_file.hpp"

namespace weir::test {

/// A folder of the test's own, deleted behind it.
class journal_folder {
public:
  journal_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weir-journal-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  journal_folder(const journal_folder&) = delete;
  ~journal_folder() {
    std::error_code ec;
    std::filesystem::remove_all(path_, ec);
  }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

inline std::string contents_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void put_contents(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// What a call changed on the disk.
struct disk_change {
  enum class kind { write, truncate, sync, sync_folder } what;
  std::uint64_t at = 0; // or the size
  std::string bytes;
};

/// A disk with one file, in memory, that remembers what was done to it; it outlives the file's owner.
struct memory_disk {
  memory_disk() = default;
  explicit memory_disk(std::string bytes) : contents(std::move(bytes)) {}

  std::size_t done() const {
    const std::lock_guard lock(mutex);
    return changes.size();
  }
  std::size_t syncs() const {
    const std::lock_guard lock(mutex);
    return static_cast<std::size_t>(
        std::ranges::count(changes, disk_change::kind::sync, [](const auto& c) { return c.what; }));
  }

  mutable std::mutex mutex;
  std::string contents;
  std::uint64_t room = std::numeric_limits<std::uint64_t>::max(), allocated = 0;
  std::vector<disk_change> changes;
};

class memory_file : public store::random_access_file {
public:
  explicit memory_file(std::shared_ptr<memory_disk> disk) : disk_(std::move(disk)) {}

  ssize_t read_at(char* to, std::size_t n, std::uint64_t at) const override {
    const std::lock_guard lock(disk_->mutex);
    const auto& all = disk_->contents;
    if (at >= all.size())
      return 0;
    n = std::min<std::size_t>(n, all.size() - at);
    std::memcpy(to, all.data() + at, n);
    return static_cast<ssize_t>(n);
  }
  ssize_t write_at(const char* from, std::size_t n, std::uint64_t at) override {
    const std::lock_guard lock(disk_->mutex);
    auto& all = disk_->contents;
    if (at + n > std::max(disk_->room, disk_->allocated)) {
      errno = ENOSPC;
      return -1;
    }
    if (all.size() < at + n)
      all.resize(at + n);
    std::memcpy(all.data() + at, from, n);
    note(disk_change::kind::write, at, std::string(from, n));
    return static_cast<ssize_t>(n);
  }
  int truncate(std::uint64_t size) override {
    const std::lock_guard lock(disk_->mutex);
    disk_->contents.resize(size);
    disk_->allocated = 0;
    note(disk_change::kind::truncate, size, {});
    return 0;
  }
  int allocate(std::uint64_t at, std::uint64_t n) override {
    const std::lock_guard lock(disk_->mutex);
    if (at + n > disk_->room) {
      errno = ENOSPC;
      return -1;
    }
    disk_->allocated = at + n;
    return 0;
  }
  std::int64_t size() const override {
    const std::lock_guard lock(disk_->mutex);
    return static_cast<std::int64_t>(disk_->contents.size());
  }
  int sync() override {
    const std::lock_guard lock(disk_->mutex);
    note(disk_change::kind::sync, 0, {});
    return 0;
  }
  int sync_folder() override {
    const std::lock_guard lock(disk_->mutex);
    note(disk_change::kind::sync_folder, 0, {});
    return 0;
  }

private:
  void note(disk_change::kind what, std::uint64_t at, std::string bytes) {
    disk_->changes.push_back({what, at, std::move(bytes)});
  }

  std::shared_ptr<memory_disk> disk_;
};

inline std::unique_ptr<journal> journal_on(const std::shared_ptr<memory_disk>& disk, const journal_options& o = {}) {
  return std::make_unique<store::journal_file>(std::make_unique<memory_file>(disk), "the/journal", o);
}

inline journal_record record_of(std::uint8_t kind, std::uint64_t n, std::size_t payload = 20) {
  journal_record r(kind, "id-" + std::to_string(n), std::string(payload, static_cast<char>('a' + n % 26)));
  r.index = n;
  r.fingerprint = n * 0x9e3779b97f4a7c15u;
  return r;
}

inline bool same(const journal_record& a, const journal_record& b) {
  return a.kind == b.kind && a.index == b.index && a.fingerprint == b.fingerprint && a.id == b.id &&
         a.payload == b.payload;
}

/// What opening refuses with; empty if it opens.
template <class Open>
std::string refusal_of(Open open) {
  try {
    open();
    return {};
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_configuration);
    return e.what();
  }
}

inline std::size_t number_from(const char* variable, std::size_t usual) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : usual;
}

} // namespace weir::test
