// The files of results: images, sound and videos, in a folder under the names of their items.
#pragma once

#include <any>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <weir/batch/result.hpp>
#include <weir/task/media.hpp>

#include "core/descriptor.hpp"

namespace weir::inline v0 {

/// The path of an item's file in the folder, without its ending. Folders of an id (`a/b`) stay folders; what is no
/// letter, digit, `.`, `_` or `-` becomes `_`, and a hash then keeps such ids apart. The place of a row, `rows.csv:17`,
/// becomes `rows.csv~17`. No two ids have the same one. Pure.
std::string file_stem(std::string_view id);

/// Whether a result has bytes that are to be files.
bool has_bytes(const std::any& result);

/// Whether results may go to a folder: one that is not there, is empty, or has the index of an earlier job. In any
/// other a file that is not ours could have a result's name. \param replace takes it all the same.
/// \throws weir::error errc::invalid_argument if they may not.
void check_files_folder(const std::string& folder, bool replace);

/// Keeps results as files, and knows those of earlier runs by an index beside them, `.weir-files.jsonl`.
///
/// A file is written beside its name, synced, and then renamed; its line in the index is written after it. So the files
/// of a line are whole, and an item without a line has at most files that its next result replaces.
/// Thread safety: all functions. They block.
class result_files {
public:
  /// Makes the folder, and reads the index. 64 bytes of memory an item.
  /// \throws weir::error errc::invalid_argument if the folder cannot be made, read or written; check_files_folder().
  explicit result_files(std::string folder, bool replace = false);

  /// What was kept of an item whose request was the same, if all of its files are there.
  std::optional<batch_result> find(const std::string& id, std::uint64_t fingerprint) const;
  /// A file that is there, of another request of this id: an earlier one, or another job's. Empty if there is none.
  std::string other_file(const std::string& id, std::uint64_t fingerprint) const;
  /// Whether it was kept, and some of its files are gone.
  bool is_lost(const std::string& id) const;

  /// Writes what bytes a result has to files, whose paths take their place. \returns the paths.
  /// \throws weir::error errc::not_saved: what is not written by then keeps its bytes. Further results are then refused
  /// without being tried.
  std::vector<std::string> save(const std::string& id, std::any& result);
  /// The same with the bytes in the body of a result that an earlier run could not write: then it is remembered as
  /// well.
  /// \returns whether there were any; the body has changed then.
  bool save_body(std::uint64_t fingerprint, batch_result& r);
  /// Whether the index knows its files.
  bool knows(const std::string& id, std::uint64_t fingerprint) const;
  /// Adds a saved result to the index, and removes files of the item's earlier result that are none of its own.
  void remember(const std::string& id, std::uint64_t fingerprint, const std::vector<std::string>& paths,
                const batch_result& r);

  /// Why save() has failed; empty if it has not.
  std::string problem() const;
  /// The bytes of the largest result that save() was given, as the base64 that its body has of them where they cannot
  /// be written. None before the first result.
  std::optional<std::uint64_t> largest() const;

private:
  class line {
  public:
    std::uint64_t fingerprint = 0;
    std::uint64_t at = 0;
    std::uint32_t size = 0;
  };

  void read_index();
  void note(std::string_view text, std::uint64_t at);
  std::vector<std::string> paths_of(const std::string& id, batch_result* found = nullptr) const;
  std::string path_of(const std::string& stem, std::size_t number, const media& m) const;
  std::string stem_of(const std::string& id) const;
  void write(const std::string& stem, media& m, std::vector<std::string>& saved) const;
  void measure(const std::any& result);
  template <class Function>
  void noting_problems(const Function& f);

  std::string folder_;
  mutable std::mutex mutex_;
  descriptor index_;
  std::unordered_map<std::uint64_t, line> known_; // by the hash of the id
  std::string problem_;
  std::optional<std::uint64_t> largest_;
};

} // namespace weir::inline v0
