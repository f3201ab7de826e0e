#include "store/journal/frame_reader.hpp"

#include <algorithm>
#include <cstring>

#include "store/journal/crc32c.hpp"

namespace weir::inline v0::store {

namespace {

// One record that is read back should not cost a large read, and a million should not be a million reads.
constexpr std::size_t first_buffer = std::size_t{4} << 10;
constexpr std::size_t largest_buffer = std::size_t{1} << 20;

} // namespace

std::string_view frame_reader::bytes_at(std::uint64_t position, std::size_t least) {
  least = static_cast<std::size_t>(std::min<std::uint64_t>(least, to_ - position));
  if (position < held_from_ || position + least > held_from_ + held_) {
    if (capacity_ < largest_buffer) {
      const auto larger = capacity_ == 0 ? first_buffer : 4 * capacity_;
      buffer_ = std::make_unique_for_overwrite<char[]>(larger);
      capacity_ = larger;
    }
    held_ = 0;
    held_from_ = position;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(capacity_, to_ - position));
    held_ = read_fully(file_, buffer_.get(), wanted, position);
  }
  return {buffer_.get() + (position - held_from_), static_cast<std::size_t>(held_from_ + held_ - position)};
}

bool frame_reader::next(std::string* payload) {
  position_ = next_;
  if (to_ - position_ < head_size)
    return false;
  const auto bytes = bytes_at(position_, head_size);
  if (bytes.size() < head_size)
    return false;
  const auto head = codec_.read(bytes.data(), position_);
  if (!head || head->frame_size() > to_ - position_)
    return false;
  head_ = *head;
  id_.clear();
  if (payload) {
    payload->clear();
    payload->reserve(head_.payload_size);
  }
  std::uint32_t check = 0;
  std::uint64_t at = position_ + head_size;
  for (std::size_t left = std::size_t{head_.id_size} + head_.payload_size; left > 0;) {
    const auto some = bytes_at(at, 1).substr(0, left);
    if (some.empty())
      return false;
    check = crc32c(some, check);
    const auto of_id = std::min(some.size(), head_.id_size - id_.size());
    id_.append(some.substr(0, of_id));
    if (payload)
      payload->append(some.substr(of_id));
    at += some.size();
    left -= some.size();
  }
  if (check != head_.body_check)
    return false;
  next_ = at;
  return true;
}

bool synced_beyond(std::uint64_t position, const random_access_file& file, const frame_codec& codec, std::uint64_t from,
                   std::uint64_t to) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(largest_buffer);
  while (to - from >= head_size && from < to) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(largest_buffer, to - from));
    const auto n = read_fully(file, buffer.get(), wanted, from);
    if (n < head_size)
      break;
    const char* const end = buffer.get() + n - head_size + 1;
    for (const char* at = buffer.get(); at < end; ++at) {
      at = static_cast<const char*>(std::memchr(at, first_of_marker, static_cast<std::size_t>(end - at)));
      if (!at)
        break;
      const auto head = codec.read(at, from + static_cast<std::uint64_t>(at - buffer.get()));
      if (head && head->synced > position)
        return true;
    }
    from += static_cast<std::uint64_t>(end - buffer.get());
  }
  return false;
}

} // namespace weir::inline v0::store
