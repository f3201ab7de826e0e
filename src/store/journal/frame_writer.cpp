#include "store/journal/frame_writer.hpp"

#include <algorithm>

#include "store/journal/crc32c.hpp"

namespace weir::inline v0::store {

namespace {

constexpr std::size_t capacity = std::size_t{256} << 10;

} // namespace

frame_writer::frame_writer(random_access_file& file, const journal_salt& salt, std::uint64_t position)
    : file_(file), codec_(salt), buffer_(std::make_unique_for_overwrite<char[]>(capacity)), written_(position) {}

void frame_writer::put(std::string_view bytes) {
  if (bytes.size() > capacity - held_)
    flush();
  if (bytes.size() > capacity) {
    write_fully(file_, bytes, written_);
    written_ += bytes.size();
    return;
  }
  std::copy_n(bytes.data(), bytes.size(), buffer_.get() + held_);
  held_ += bytes.size();
}

void frame_writer::add(frame_head head, std::string_view id, std::string_view payload) {
  head.id_size = static_cast<std::uint32_t>(id.size());
  head.payload_size = static_cast<std::uint32_t>(payload.size());
  head.body_check = crc32c(payload, crc32c(id));
  char bytes[head_size];
  codec_.write(bytes, head, position());
  put({bytes, sizeof bytes});
  put(id);
  put(payload);
}

void frame_writer::flush() {
  write_fully(file_, {buffer_.get(), held_}, written_);
  written_ += held_;
  held_ = 0;
}

} // namespace weir::inline v0::store
