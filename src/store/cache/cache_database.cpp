#include "store/cache/cache_database.hpp"

#include <algorithm>

namespace weir::inline v0 {

namespace {

constexpr std::int64_t version = 1;
constexpr const char* schema = R"(
  CREATE TABLE entries (
    key TEXT NOT NULL UNIQUE,
    written INTEGER NOT NULL,
    operation TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    size INTEGER NOT NULL,
    data BLOB NOT NULL);
  CREATE INDEX by_age ON entries (written, size);
  PRAGMA application_id = 2003134834;
  PRAGMA user_version = 1;)";

// Of the clock, back.
constexpr auto small_step = std::chrono::minutes(5);

using milliseconds = std::chrono::milliseconds;

std::int64_t milliseconds_of(std::chrono::system_clock::time_point t) {
  return std::chrono::duration_cast<milliseconds>(t.time_since_epoch()).count();
}

std::chrono::system_clock::time_point time_of_row(std::int64_t n) {
  return std::chrono::system_clock::time_point(milliseconds(n));
}

// Gives up what was begun unless it was committed.
class transaction {
public:
  explicit transaction(sqlite_file& f) : file_(&f) { file_->run("BEGIN IMMEDIATE"); }
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  ~transaction() {
    try {
      if (file_)
        file_->run("ROLLBACK");
    } catch (const sqlite_failure&) {
      // It has been rolled back already.
    }
  }
  void commit() {
    file_->run("COMMIT");
    file_ = nullptr;
  }

private:
  sqlite_file* file_;
};

// Makes the statement ready for its next use.
class used {
public:
  explicit used(sqlite_statement& s) : statement_(s) {}
  used(const used&) = delete;
  used& operator=(const used&) = delete;
  ~used() { statement_.reset(); }

private:
  sqlite_statement& statement_;
};

} // namespace

cache_database::cache_database(const std::string& path, int busy_milliseconds) : file_(path, busy_milliseconds) {
  if (file_.number("PRAGMA user_version") != version)
    make_tables();
  // Readers and writers of several processes do not wait for one another. Where the file system cannot do that, or
  // others are using the file right now, the mode stays as it is.
  try {
    file_.prepare("PRAGMA journal_mode = WAL").step();
  } catch (const sqlite_failure& f) {
    if (!f.is_busy())
      throw;
  }
  file_.run("PRAGMA synchronous = NORMAL");
  find_.emplace(file_.prepare("SELECT written, operation, provider, model, data FROM entries WHERE key = ?1"));
  put_.emplace(file_.prepare(R"(
    INSERT INTO entries (key, written, operation, provider, model, size, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (key) DO UPDATE SET written = ?2, operation = ?3, provider = ?4, model = ?5, size = ?6, data = ?7
    WHERE written <= ?2 OR written > ?8)"));
}

// Of several processes that find a new file, one makes the tables, and the others wait for it.
void cache_database::make_tables() {
  file_.run("PRAGMA auto_vacuum = INCREMENTAL");
  transaction all(file_);
  const auto found = file_.number("PRAGMA user_version");
  if (found == version)
    return;
  if (found != 0 || file_.number("SELECT COUNT(*) FROM sqlite_master") != 0)
    throw other_version(found);
  file_.run(schema);
  all.commit();
}

std::optional<cache_entry> cache_database::find(std::string_view key) {
  const used here(*find_);
  find_->bind(1, key);
  if (!find_->step())
    return std::nullopt;
  cache_entry e;
  e.written = time_of_row(find_->number(0));
  e.operation = find_->text(1);
  e.provider = find_->text(2);
  e.model = find_->text(3);
  e.data = find_->blob(4);
  e.size = e.data.size();
  return e;
}

void cache_database::put(const std::vector<std::pair<std::string, cache_entry>>& entries) {
  transaction all(file_);
  // What was written after this, the clock has been set back since.
  const auto from_the_future = milliseconds_of(std::chrono::system_clock::now() + small_step);
  for (const auto& [key, e] : entries) {
    const used here(*put_);
    put_->bind(1, key);
    put_->bind(2, milliseconds_of(e.written));
    put_->bind(3, e.operation);
    put_->bind(4, e.provider);
    put_->bind(5, e.model);
    put_->bind(6, static_cast<std::int64_t>(e.data.size()));
    put_->bind_blob(7, e.data);
    put_->bind(8, from_the_future);
    put_->step();
  }
  all.commit();
}

void cache_database::erase(std::string_view key) {
  auto s = file_.prepare("DELETE FROM entries WHERE key = ?1");
  s.bind(1, key);
  s.step();
}

std::uint64_t cache_database::clear() {
  const auto n = static_cast<std::uint64_t>(file_.number("SELECT COUNT(*) FROM entries"));
  file_.run("DELETE FROM entries");
  file_.run("PRAGMA incremental_vacuum");
  file_.prepare("PRAGMA wal_checkpoint(TRUNCATE)").step();
  return n;
}

std::uint64_t cache_database::make_room(std::uint64_t max_bytes, std::chrono::system_clock::time_point oldest) {
  auto old = file_.prepare("DELETE FROM entries WHERE written < ?1");
  old.bind(1, milliseconds_of(oldest));
  old.step();
  std::uint64_t entries = 0, bytes = 0;
  count(entries, bytes);
  if (bytes <= max_bytes)
    return 0;
  // Up to which age they go.
  const auto wanted = bytes - max_bytes / 10 * 9;
  std::uint64_t freed = 0;
  std::int64_t last = 0;
  {
    auto s = file_.prepare("SELECT written, size FROM entries ORDER BY written, size");
    while (freed < wanted && s.step()) {
      last = s.number(0);
      freed += static_cast<std::uint64_t>(s.number(1));
    }
  }
  auto s = file_.prepare("DELETE FROM entries WHERE written <= ?1");
  s.bind(1, last);
  s.step();
  const auto gone = static_cast<std::uint64_t>(std::max<std::int64_t>(0, file_.changes()));
  file_.run("PRAGMA incremental_vacuum");
  return gone;
}

void cache_database::count(std::uint64_t& entries, std::uint64_t& bytes) {
  auto s = file_.prepare("SELECT COUNT(*), COALESCE(SUM(size), 0) FROM entries");
  s.step();
  entries = static_cast<std::uint64_t>(s.number(0));
  bytes = static_cast<std::uint64_t>(s.number(1));
}

void cache_database::each(const std::function<bool(const std::string& key, const cache_entry& entry)>& f) {
  auto s = file_.prepare("SELECT key, written, operation, provider, model, size FROM entries ORDER BY written DESC");
  while (s.step()) {
    cache_entry e;
    e.written = time_of_row(s.number(1));
    e.operation = s.text(2);
    e.provider = s.text(3);
    e.model = s.text(4);
    e.size = static_cast<std::uint64_t>(s.number(5));
    if (!f(s.text(0), e))
      return;
  }
}

void cache_database::verify() {
  auto s = file_.prepare("PRAGMA quick_check(1)");
  if (s.step() && s.text(0) != "ok")
    throw sqlite_failure(SQLITE_CORRUPT, s.text(0));
}

} // namespace weir::inline v0
