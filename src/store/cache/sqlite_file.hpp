// One SQLite database, as far as a cache needs it.
#pragma once

#include <sqlite3.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weir::inline v0 {

/// A prepared statement. Its functions throw sqlite_failure.
class sqlite_statement;

/// What SQLite reports.
class sqlite_failure {
public:
  sqlite_failure(int code, std::string text) : code(code), text(std::move(text)) {}
  /// The file is no database, or a damaged one.
  bool is_damage() const noexcept { return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB; }
  /// Others are using the file.
  bool is_busy() const noexcept { return (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED; }
  int code;
  std::string text;
};

/// A connection to a database. Thread safety: none.
class sqlite_file {
public:
  /// Opens a file that exists. \throws sqlite_failure.
  sqlite_file(const std::string& path, int busy_milliseconds);
  sqlite_file(const sqlite_file&) = delete;
  sqlite_file& operator=(const sqlite_file&) = delete;

  void run(const char* sql);
  sqlite_statement prepare(const char* sql);
  std::int64_t number(const char* sql);
  std::int64_t changes() const noexcept;

private:
  friend class sqlite_statement;
  class closer {
  public:
    void operator()(sqlite3* db) const noexcept { ::sqlite3_close_v2(db); }
  };
  [[noreturn]] void fail(int code) const;
  std::unique_ptr<sqlite3, closer> db_;
};

class sqlite_statement {
public:
  /// A parameter, from 1. Texts and blobs must outlive the next step().
  void bind(int at, std::int64_t n);
  void bind(int at, std::string_view text);
  void bind_blob(int at, std::string_view bytes);
  /// Whether there is a row.
  bool step();
  /// For the next use.
  void reset() noexcept;

  std::int64_t number(int column) const noexcept;
  std::string text(int column) const;
  std::string blob(int column) const;

private:
  friend class sqlite_file;
  class finalizer {
  public:
    void operator()(sqlite3_stmt* s) const noexcept { ::sqlite3_finalize(s); }
  };
  sqlite_statement(const sqlite_file& of, sqlite3_stmt* s) : of_(&of), statement_(s) {}
  void check(int code) const;
  const sqlite_file* of_;
  std::unique_ptr<sqlite3_stmt, finalizer> statement_;
};

} // namespace weir::inline v0
