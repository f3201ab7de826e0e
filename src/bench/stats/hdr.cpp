#include "bench/stats/hdr.hpp"

#include <weir/core/error.hpp>

namespace weir::inline v0::hdr {

namespace {

[[noreturn]] void refuse(const char* why) {
  throw error(errc::invalid_argument, std::string("not a histogram that weir reads: ") + why);
}

// LEB128 of at most 9 bytes, the ninth with 8 bits of the number.
void put_number(std::string& to, std::int64_t value) {
  auto left = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  for (int i = 0; i < 8 && left >= 0x80; ++i) {
    to += static_cast<char>((left & 0x7f) | 0x80);
    left >>= 7;
  }
  to += static_cast<char>(left);
}

std::int64_t take_number(std::string_view& from) {
  std::uint64_t all = 0;
  for (int i = 0;; ++i) {
    const auto byte = take(from, 1);
    if (i == 8 || byte < 0x80) {
      all |= byte << (7 * i);
      break;
    }
    all |= (byte & 0x7f) << (7 * i);
  }
  return static_cast<std::int64_t>(all >> 1) ^ -static_cast<std::int64_t>(all & 1);
}

} // namespace

void put(std::string& to, std::uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
    to += static_cast<char>(value >> shift);
}

std::uint64_t take(std::string_view& from, int size) {
  if (from.size() < static_cast<std::size_t>(size))
    refuse("it is cut off");
  std::uint64_t value = 0;
  for (int i = 0; i < size; ++i)
    value = value << 8 | static_cast<unsigned char>(from[static_cast<std::size_t>(i)]);
  from.remove_prefix(static_cast<std::size_t>(size));
  return value;
}

std::string encode(const std::vector<std::uint64_t>& counts) {
  std::string payload;
  for (std::size_t i = 0; i < counts.size();) {
    if (counts[i] != 0) {
      put_number(payload, static_cast<std::int64_t>(counts[i++]));
      continue;
    }
    std::int64_t zeros = 0;
    for (; i < counts.size() && counts[i] == 0; ++i)
      ++zeros;
    put_number(payload, zeros == 1 ? 0 : -zeros);
  }
  std::string all;
  put(all, plain_cookie, 4);
  put(all, payload.size(), 4);
  put(all, 0, 4); // normalizing index offset
  put(all, digits, 4);
  put(all, 1, 8); // lowest value that is told from 0
  put(all, highest, 8);
  put(all, std::bit_cast<std::uint64_t>(1.0), 8); // integer to double conversion ratio
  return all + payload;
}

std::vector<std::uint64_t> decode(std::string_view bytes) {
  if (take(bytes, 4) != plain_cookie)
    refuse("it is in another format than HdrHistogram's V2");
  const auto size = take(bytes, 4);
  if (take(bytes, 4) != 0)
    refuse("its values are shifted");
  if (take(bytes, 4) != digits || take(bytes, 8) != 1 || take(bytes, 8) != highest)
    refuse("its range or precision is another one");
  take(bytes, 8);
  if (bytes.size() != size)
    refuse("it is cut off");
  std::vector<std::uint64_t> counts;
  while (!bytes.empty()) {
    const auto n = take_number(bytes);
    // Of zeros. The smallest number has no opposite.
    const auto run = n < 0 ? static_cast<std::uint64_t>(-(n + 1)) + 1 : 1;
    if (run > places - counts.size())
      refuse("it has too many counts");
    if (n < 0)
      counts.resize(counts.size() + run);
    else
      counts.push_back(static_cast<std::uint64_t>(n));
  }
  while (!counts.empty() && counts.back() == 0)
    counts.pop_back();
  return counts;
}

} // namespace weir::inline v0::hdr
