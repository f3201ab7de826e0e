#include "provider/answer/merged_calls.hpp"

#include <algorithm>

namespace weir::inline v0::provider {

void json_balance::add(std::string_view text) noexcept {
  for (const char c : text) {
    if (escaped_) {
      escaped_ = false;
    } else if (in_string_) {
      escaped_ = c == '\\';
      in_string_ = c != '"';
    } else if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
      begun_ = true;
    } else if ((c == '}' || c == ']') && depth_ > 0) {
      --depth_;
    }
  }
}

std::size_t merged_calls::begin(const call_piece& piece) {
  if (calls_.size() == max_calls)
    return none;
  auto& made = calls_.emplace_back();
  made.index = piece.index.value_or(calls_.size() - 1);
  return calls_.size() - 1;
}

std::size_t merged_calls::place_of(const call_piece& piece, std::size_t position, std::size_t of) {
  if (of > 1 && position == 0 && !(piece.id.empty() && piece.name.empty()))
    row_.clear();
  const auto at = piece.index ? by_index(piece) : without_index(piece, position, of);
  if (of > 1 && position == row_.size())
    row_.push_back(at);
  return at;
}

// The last call with that index, unless the piece starts a new call with the same index.
std::size_t merged_calls::by_index(const call_piece& piece) {
  for (auto i = calls_.size(); i-- > 0;) {
    const auto& known = calls_[i];
    if (known.index != *piece.index)
      continue;
    const bool named = !piece.name.empty();
    const bool in_the_middle = known.balance.open() && piece.name == known.name;
    bool begins = false;
    if (named && !piece.id.empty() && !known.id.empty() && piece.id != known.id)
      begins = !in_the_middle; // otherwise the server invents an id for every piece
    else if (named && piece.id.empty() && known.has_arguments())
      begins = piece.name != known.name ||
               (known.balance.closed() && !piece.arguments.empty() && !known.arguments.is(piece.arguments));
    return begins ? begin(piece) : i;
  }
  return begin(piece);
}

std::size_t merged_calls::without_index(const call_piece& piece, std::size_t position, std::size_t of) {
  if (!piece.id.empty()) {
    for (auto i = calls_.size(); i-- > 0;)
      if (calls_[i].id == piece.id)
        return i;
    const bool late_id = piece.name.empty() && !calls_.empty() && calls_.back().id.empty();
    return late_id ? calls_.size() - 1 : begin(piece);
  }
  if (!piece.name.empty()) {
    const bool again = !calls_.empty() && calls_.back().name == piece.name && calls_.back().balance.open();
    return again ? calls_.size() - 1 : begin(piece);
  }
  if (of > 1 && position < row_.size())
    return row_[position];
  if (of > 1 && row_.empty() && position < calls_.size())
    return position;
  return calls_.empty() ? begin(piece) : calls_.size() - 1;
}

std::size_t merged_calls::place_in_whole(const call_piece& piece, std::size_t position) {
  if (position >= calls_.size())
    return begin(piece);
  // Already received in pieces. Ids can repeat, so an id only counts where the position does not match.
  if (!piece.id.empty() && calls_[position].id != piece.id)
    for (std::size_t i = 0; i < calls_.size(); ++i)
      if (calls_[i].id == piece.id)
        return i;
  return position;
}

void add_name(merged_call& c, std::string_view name) {
  const bool told = c.told && !c.name.empty();
  if (name.empty() || name == c.name || told)
    return;
  if (name.starts_with(c.name))
    c.name = name;
  else if (!c.has_arguments())
    c.name += name;
}

} // namespace weir::inline v0::provider
