// Where the bytes of a result go: to memory, or to a file that appears when it is whole.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <weir/task/media.hpp>

namespace weir {

/// Destroyed before commit() it leaves nothing behind. Writing blocks: for local files.
class sink {
public:
  virtual ~sink() = default;
  /// \throws weir::error errc::invalid_argument where the file cannot be written.
  virtual void write(std::string_view piece) = 0;
  /// What was written becomes the medium's.
  virtual void commit(media& into) = 0;
};

/// \param path empty: memory.
std::unique_ptr<sink> make_sink(const std::string& path);

/// The file of the result `index` (from 0): `out.png`, `out-2.png`, …
std::string numbered_path(const std::string& path, std::size_t index);

} // namespace weir
