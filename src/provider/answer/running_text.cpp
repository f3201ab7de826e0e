#include "provider/answer/running_text.hpp"

#include <utility>

namespace weir::inline v0::provider {

namespace {

// FNV-1a: the same however the text is split.
std::uint64_t hashed(std::uint64_t hash, std::string_view text) noexcept {
  for (const unsigned char c : text)
    hash = (hash ^ c) * 0x100000001b3u;
  return hash;
}

bool is_uniform(std::string_view text) noexcept { return text.find_first_not_of(text.front()) == text.npos; }

} // namespace

bool running_text::begins_with_said(std::string_view text) const noexcept {
  return text.size() >= size_ && hashed(0xcbf29ce484222325u, text.substr(0, size_)) == hash_;
}

void running_text::note(std::string_view said) noexcept {
  hash_ = hashed(hash_, said);
  size_ += said.size();
}

void running_text::become_whole() noexcept {
  form_ = form::wholes;
  held_.clear();
}

// The held piece, as the next one.
std::string running_text::release() {
  auto piece = std::exchange(held_, {});
  note(piece);
  form_ = form::pieces;
  return piece;
}

// Returns what was held and comes before the piece; reduces the piece to what is new.
std::string running_text::take(std::string_view& piece) {
  std::string before;
  switch (form_) {
  case form::none: form_ = form::first; break;
  case form::first:
    if (repeats(piece) && piece.size() == size_) {
      piece = {};
      return before;
    }
    if (piece.size() > size_ && begins_with_said(piece)) {
      form_ = form::unsure;
      held_ = piece;
      piece = {};
      return before;
    }
    form_ = form::pieces;
    break;
  case form::unsure:
    // Two pieces in a row began with all of the text so far: no coincidence, unless it is a row of dashes.
    if (piece.size() > held_.size() && piece.starts_with(held_) && !is_uniform(piece)) {
      become_whole();
      break;
    }
    before = release();
    break;
  case form::pieces: piece.remove_prefix(size_); break; // repeats() it is
  case form::wholes: break;
  }
  if (form_ == form::wholes) {
    if (!begins_with_said(piece)) {
      contradicted_ = true;
      piece = {};
      return before;
    }
    piece.remove_prefix(size_);
  }
  note(piece);
  return before;
}

// Two pieces are all there is to decide by: a model that starts twice with the same words is the rarer case.
std::string running_text::decide() {
  auto before = std::exchange(held_, {});
  const auto first = std::string_view(before).substr(0, size_);
  const bool again = (first.size() >= 3 && !is_uniform(first)) || before.starts_with("{\"");
  if (again) {
    form_ = form::wholes;
    before.erase(0, size_);
  } else {
    form_ = form::pieces;
  }
  note(before);
  return before;
}

} // namespace weir::inline v0::provider
