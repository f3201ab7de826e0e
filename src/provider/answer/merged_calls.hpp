// The tool calls of one answer, assembled from the pieces that servers send.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/task/event.hpp>

#include "provider/answer/running_text.hpp"

namespace weir::inline v0::provider {

/// The state of a JSON text: whether it has started, and whether every bracket is closed.
class json_balance {
public:
  void add(std::string_view text) noexcept;
  bool open() const noexcept { return depth_ > 0 || in_string_; }
  bool closed() const noexcept { return begun_ && !open(); }

private:
  std::size_t depth_ = 0;
  bool begun_ = false;
  bool in_string_ = false;
  bool escaped_ = false;
};

/// What one event contains about one call; its texts are the event's.
class call_piece {
public:
  call_piece() = default;
  std::optional<std::uint64_t> index;
  std::string_view id;
  std::string_view name;
  std::string_view arguments;
};

class merged_call {
public:
  merged_call() = default;
  std::uint64_t index = 0; // as numbered on the wire
  std::string id;
  std::string name;
  running_text arguments;
  json_balance balance;
  bool empty_object = false; // "{}" came, and is held: some bridges between APIs send it ahead of the arguments
  bool has_arguments() const noexcept { return empty_object || arguments.size() != 0; }
  bool told = false;                             // its first event was emitted, with all that was known of id and name
  std::shared_ptr<const event::details> further; // of the events after that
};

/// Decides which call a piece belongs to. Servers identify calls by number, by id, by position in a list, or not at
/// all; some number every call 0.
class merged_calls {
public:
  static constexpr std::size_t max_calls = 1024;
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// The place of the call that `piece`, element `position` of a list of `of`, belongs to; a new place if the piece
  /// starts a call. `none` if there would be too many.
  std::size_t place_of(const call_piece& piece, std::size_t position, std::size_t of);
  /// The same for an element of the list of all calls.
  std::size_t place_in_whole(const call_piece& piece, std::size_t position);

  merged_call& at(std::size_t place) noexcept { return calls_[place]; }
  std::size_t size() const noexcept { return calls_.size(); }

private:
  std::size_t begin(const call_piece& piece);
  std::size_t by_index(const call_piece& piece);
  std::size_t without_index(const call_piece& piece, std::size_t position, std::size_t of);

  std::vector<merged_call> calls_;
  std::vector<std::size_t> row_; // the places of the elements of the last list with several
};

/// Merges a piece of a name into what is known of it: names arrive complete, repeated, growing or split.
void add_name(merged_call& c, std::string_view name);

} // namespace weir::inline v0::provider
