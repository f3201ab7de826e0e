#include "store/cache/sqlite_file.hpp"

namespace weir::inline v0 {

sqlite_file::sqlite_file(const std::string& path, int busy_milliseconds) {
  sqlite3* db = nullptr;
  const int code = ::sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(db);
  if (code != SQLITE_OK)
    fail(code);
  ::sqlite3_extended_result_codes(db, 1);
  ::sqlite3_busy_timeout(db, busy_milliseconds);
}

void sqlite_file::fail(int code) const {
  throw sqlite_failure(code, db_ ? ::sqlite3_errmsg(db_.get()) : ::sqlite3_errstr(code));
}

void sqlite_file::run(const char* sql) {
  if (const int code = ::sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr); code != SQLITE_OK)
    fail(code);
}

sqlite_statement sqlite_file::prepare(const char* sql) {
  sqlite3_stmt* s = nullptr;
  if (const int code = ::sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &s, nullptr);
      code != SQLITE_OK)
    fail(code);
  return {*this, s};
}

std::int64_t sqlite_file::number(const char* sql) {
  auto s = prepare(sql);
  return s.step() ? s.number(0) : 0;
}

std::int64_t sqlite_file::changes() const noexcept { return ::sqlite3_changes64(db_.get()); }

void sqlite_statement::check(int code) const {
  if (code != SQLITE_OK)
    of_->fail(code);
}

void sqlite_statement::bind(int at, std::int64_t n) { check(::sqlite3_bind_int64(statement_.get(), at, n)); }

void sqlite_statement::bind(int at, std::string_view text) {
  check(::sqlite3_bind_text(statement_.get(), at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC));
}

void sqlite_statement::bind_blob(int at, std::string_view bytes) {
  check(::sqlite3_bind_blob64(statement_.get(), at, bytes.data(), bytes.size(), SQLITE_STATIC));
}

bool sqlite_statement::step() {
  const int code = ::sqlite3_step(statement_.get());
  if (code == SQLITE_ROW)
    return true;
  if (code == SQLITE_DONE)
    return false;
  // reset() loses nothing: the connection keeps the message.
  ::sqlite3_reset(statement_.get());
  of_->fail(code);
}

void sqlite_statement::reset() noexcept {
  ::sqlite3_reset(statement_.get());
  ::sqlite3_clear_bindings(statement_.get());
}

std::int64_t sqlite_statement::number(int column) const noexcept {
  return ::sqlite3_column_int64(statement_.get(), column);
}

std::string sqlite_statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(::sqlite3_column_text(statement_.get(), column));
  return text ? std::string(text, static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), column)))
              : std::string();
}

std::string sqlite_statement::blob(int column) const {
  const auto* bytes = static_cast<const char*>(::sqlite3_column_blob(statement_.get(), column));
  return bytes ? std::string(bytes, static_cast<std::size_t>(::sqlite3_column_bytes(statement_.get(), column)))
               : std::string();
}

} // namespace weir::inline v0
