// Values of a result's file, each with where it stands.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "bench/record/record.hpp"
#include "codec/json/json.hpp"

namespace weir::inline v0::bench_record {

namespace json = codec::json;

/// Far beyond what can be measured, and small enough for sums and products of a few.
inline constexpr std::uint64_t most_count = std::uint64_t{1} << 53;

/// `why` may have names from the file in it. \throws weir::error errc::invalid_argument, as all here do.
[[noreturn]] void refuse(const std::string& why);

class spot {
public:
  spot(const json::value& v, std::string where) : value(&v), where(std::move(where)) {}
  spot at(std::string_view key, const json::value& v) const {
    return {v, where.empty() ? std::string(key) : where + '.' + std::string(key)};
  }
  spot at(std::size_t i, const json::value& v) const { return {v, where + '[' + std::to_string(i) + ']'}; }
  [[noreturn]] void is_not(const char* what) const { refuse(where + " is not " + what); }

  const json::value* value;
  std::string where;
};

const json::object& object_of(const spot& s);
const json::array& array_of(const spot& s);
std::string_view text_of(const spot& s);
std::uint64_t count_of(const json::value& v, const spot& s, std::uint64_t most = most_count);

void read(const spot& s, std::string& to);
void read(const spot& s, bool& to);
void read(const spot& s, double& to);
void read(const spot& s, std::uint64_t& to);
void read(const spot& s, unsigned& to);
void read(const spot& s, duration& to);
void read(const spot& s, std::chrono::system_clock::time_point& to);
void read(const spot& s, money& to);
void read(const spot& s, slo& to);
void read(const spot& s, column& to);
void read(const spot& s, histogram& to);

} // namespace weir::inline v0::bench_record
