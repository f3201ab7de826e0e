#include "store/journal/record.hpp"

#include <algorithm>

#include "store/journal/crc32c.hpp"
#include "store/journal/little_endian.hpp"

namespace weir::inline v0::store {

namespace {

constexpr std::string_view magic = "weir journal 1\r\n"; // the line break shows a transfer that changed bytes
constexpr std::size_t magic_of_any_version = 13;
constexpr std::uint32_t marker = 0xfa4a5700u | first_of_marker;
constexpr std::size_t checked_from = 8; // behind the marker and the head's check

std::string_view view(const char* from, std::size_t n) { return {from, n}; }

} // namespace

std::string make_preamble(const journal_salt& salt) {
  std::string bytes(magic);
  bytes.append(salt.data(), salt.size());
  const auto check = crc32c(bytes);
  bytes.resize(preamble_size);
  store_little(bytes.data() + magic.size() + salt.size(), check);
  return bytes;
}

beginning read_preamble(std::string_view bytes, bool whole_file, journal_salt& salt) noexcept {
  const auto text = bytes.substr(0, magic.size());
  // A system that crashes may leave a file's length without its contents, or with the first of them.
  if (whole_file && magic.starts_with(bytes.substr(0, bytes.find_last_not_of('\0') + 1)))
    return beginning::unfinished;
  if (text != magic)
    return text.size() == magic.size() && text.starts_with(magic.substr(0, magic_of_any_version)) &&
                   text.ends_with("\r\n")
               ? beginning::other_version
               : beginning::foreign;
  std::copy_n(bytes.data() + magic.size(), std::min(salt.size(), bytes.size() - magic.size()), salt.data());
  const auto checked = bytes.substr(0, magic.size() + salt.size());
  const bool sound = bytes.size() == preamble_size &&
                     load_little<std::uint32_t>(bytes.data() + checked.size()) == crc32c(checked) &&
                     load_little<std::uint32_t>(bytes.data() + checked.size() + 4) == 0;
  if (sound)
    return beginning::whole;
  return whole_file ? beginning::unfinished : beginning::damaged;
}

frame_codec::frame_codec(const journal_salt& salt) noexcept : salted_(crc32c(view(salt.data(), salt.size()))) {}

std::uint32_t frame_codec::check(const char* head, std::uint64_t position) const noexcept {
  char place[sizeof position];
  store_little(place, position);
  return crc32c(view(head + checked_from, head_size - checked_from), crc32c(view(place, sizeof place), salted_));
}

void frame_codec::write(char* to, const frame_head& head, std::uint64_t position) const noexcept {
  store_little(to, marker);
  store_little(to + 8, head.body_check);
  store_little(to + 12, head.payload_size);
  store_little(to + 16, head.id_size);
  store_little(to + 20, static_cast<std::uint8_t>(head.type));
  store_little(to + 21, head.kind);
  store_little(to + 22, std::uint16_t{0});
  store_little(to + 24, head.index);
  store_little(to + 32, head.fingerprint);
  store_little(to + 40, head.synced);
  store_little(to + 4, check(to, position));
}

std::optional<frame_head> frame_codec::read(const char* from, std::uint64_t position) const noexcept {
  if (load_little<std::uint32_t>(from) != marker || load_little<std::uint32_t>(from + 4) != check(from, position))
    return {};
  frame_head head;
  head.body_check = load_little<std::uint32_t>(from + 8);
  head.payload_size = load_little<std::uint32_t>(from + 12);
  head.id_size = load_little<std::uint32_t>(from + 16);
  head.type = static_cast<frame_type>(load_little<std::uint8_t>(from + 20));
  head.kind = load_little<std::uint8_t>(from + 21);
  head.index = load_little<std::uint64_t>(from + 24);
  head.fingerprint = load_little<std::uint64_t>(from + 32);
  head.synced = load_little<std::uint64_t>(from + 40);
  if (head.type < frame_type::settings || head.type > frame_type::closed || head.id_size > max_id ||
      head.payload_size > max_payload)
    return {};
  return head;
}

} // namespace weir::inline v0::store
