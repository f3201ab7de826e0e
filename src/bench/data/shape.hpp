// Rows of data sets as requests. Pure, but for files of media that rows name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/time.hpp>

#include "batch/input/row.hpp"
#include "bench/data/trace.hpp"
#include "codec/json/json.hpp"

namespace weir::inline v0::data {

/// What comes after a row's request, in the conversation of that row.
class later_turn {
public:
  later_turn() = default;
  codec::json::array messages;
  duration delay{};
  std::uint64_t output_tokens = 0; ///< 0: not told.
};

/// What a row of a data set asks, as the body of a chat completion.
class shaped_row {
public:
  shaped_row() = default;
  const char* format = ""; ///< For people: whose data set it is.
  bool left_out = false;   ///< There is nothing to ask: a request that failed, a conversation without a user.
  codec::json::object body;
  bool made_up = false; ///< The body's only message stands for one of `shape`.
  prompt_shape shape;
  std::optional<duration> at;
  duration delay{};
  std::uint64_t output_tokens = 0; ///< 0: not told.
  std::string session;             ///< Empty: none, or one that has only this row.
  bool whole = false;              ///< Has what was said in its session before it.
  std::vector<later_turn> turns;
};

/// Empty: the row is of no data set that is known, and so a batch's.
/// \throws weir::error errc::invalid_argument saying which member is wrong; the caller names the place.
std::optional<shaped_row> shape_of(const input::row& r);

// Of one kind each; empty if the row is not of it.
std::optional<shaped_row> shape_of_share_gpt(const codec::json::object& row);
std::optional<shaped_row> shape_of_aiperf(const codec::json::object& row);
std::optional<shaped_row> shape_of_trace(const codec::json::object& row);

codec::json::object message_object(std::string_view role, codec::json::value content);
/// \throws weir::error errc::invalid_argument: `"member" why`.
[[noreturn]] void refuse_member(std::string_view member, std::string_view why);

} // namespace weir::inline v0::data
