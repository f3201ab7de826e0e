#include "core/time/timestamp.hpp"

#include <cstdint>

namespace weir::inline v0 {

namespace {

void put(char* at, int digits, std::uint64_t n) noexcept {
  for (int i = digits; i-- != 0; n /= 10)
    at[i] = static_cast<char>('0' + n % 10);
}

} // namespace

std::string timestamp(std::chrono::system_clock::time_point t) {
  using namespace std::chrono;
  const auto ms = floor<milliseconds>(t);
  const auto day = floor<days>(ms);
  const year_month_day date(day);
  const hh_mm_ss time(ms - day);
  std::string text = "0000-00-00T00:00:00.000Z";
  put(text.data(), 4, static_cast<std::uint64_t>(static_cast<int>(date.year())));
  put(text.data() + 5, 2, static_cast<unsigned>(date.month()));
  put(text.data() + 8, 2, static_cast<unsigned>(date.day()));
  put(text.data() + 11, 2, static_cast<std::uint64_t>(time.hours().count()));
  put(text.data() + 14, 2, static_cast<std::uint64_t>(time.minutes().count()));
  put(text.data() + 17, 2, static_cast<std::uint64_t>(time.seconds().count()));
  put(text.data() + 20, 3, static_cast<std::uint64_t>(time.subseconds().count()));
  return text;
}

} // namespace weir::inline v0
