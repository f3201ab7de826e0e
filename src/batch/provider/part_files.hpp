// The files of parts, in a folder beside the journal: the lines that are sent, and results as they were fetched.
#pragma once

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "core/descriptor.hpp"
#include "core/digest.hpp"

namespace weir::inline v0::vendor_batch {

/// A file that is being written, readable for its owner only. Thread safety: none.
class part_file_writer {
public:
  /// \throws weir::error errc::not_saved.
  explicit part_file_writer(std::string path);
  part_file_writer(const part_file_writer&) = delete;
  part_file_writer& operator=(const part_file_writer&) = delete;
  /// Without keep(), the file is removed.
  ~part_file_writer();

  /// \throws weir::error errc::not_saved.
  void write(std::string_view bytes);
  /// The same, with a line feed.
  void write_line(std::string_view line);
  std::uint64_t bytes() const noexcept { return bytes_; }

  /// Ends it. \returns the SHA-256 of all of it. \throws weir::error errc::not_saved.
  std::string finish();
  /// Gives it another name in the same folder. \pre finish(). \throws weir::error errc::not_saved.
  void keep(const std::string& name);

private:
  void flush();
  std::string path_;
  descriptor file_;
  std::string waiting_;
  sha256_sum sum_;
  std::uint64_t bytes_ = 0;
  bool kept_ = false;
};

/// Reads a file line by line. Thread safety: none.
class part_file_reader {
public:
  /// A file that is not there has no lines.
  explicit part_file_reader(const std::string& path);
  /// False at the end. A line is without its line feed; empty lines are left out.
  bool next(std::string& line);

private:
  std::ifstream in_;
};

/// The folder of a job's parts. Thread safety: none.
class part_folder {
public:
  /// `journal`: the path of the journal; the folder is made when it is needed.
  explicit part_folder(const std::string& journal) : path_(of(journal)) {}
  static std::string of(const std::string& journal) { return journal + ".parts"; }

  std::string path_of(const std::string& name) const { return path_ + '/' + name; }
  /// \throws weir::error errc::not_saved.
  std::unique_ptr<part_file_writer> begin();
  /// Whether the file is there and has this content.
  bool has(const std::string& name, const std::string& sha256) const;
  /// The whole of it. \throws weir::error errc::not_saved if it cannot be read.
  std::string read(const std::string& name) const;
  void remove(const std::string& name) noexcept;
  /// Removes the folder if nothing is left in it.
  void close() noexcept;

  static std::string lines_of(const std::string& part) { return part + ".jsonl"; }
  static std::string results_of(const std::string& part, std::size_t n) {
    return part + ".results-" + std::to_string(n) + ".jsonl";
  }

private:
  const std::string path_;
  unsigned begun_ = 0;
};

} // namespace weir::inline v0::vendor_batch
