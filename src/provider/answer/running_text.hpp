// A text that arrives in pieces, as a growing whole, or both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::inline v0::provider {

/// Finds what is new in each piece. Most servers send only what comes next; some repeat all of the text so far in every
/// event, or end with the complete text once more. The first kind is cheap to detect: a second piece that does not
/// begin with the first one settles it. One that does is held until the third piece or the end settles it.
///
/// `say` is called with each new part, in order; its views are valid during the call only.
class running_text {
public:
  /// A piece of the text.
  template <class Say>
  void add(std::string_view piece, Say&& say) {
    if (piece.empty())
      return;
    if (form_ == form::pieces && !repeats(piece)) {
      note(piece);
      say(piece);
      return;
    }
    const auto before = take(piece);
    if (!before.empty())
      say(std::string_view(before));
    if (!piece.empty())
      say(piece);
  }

  /// The complete text so far, or the final one. What contradicts the text already emitted is ignored.
  template <class Say>
  void whole(std::string_view text, Say&& say) {
    if (form_ == form::unsure && text.starts_with(held_))
      become_whole();
    else if (form_ == form::unsure)
      say(std::string_view(release()));
    if (text.size() <= size_ || !begins_with_said(text))
      return;
    if (form_ == form::none)
      form_ = form::first;
    const auto rest = text.substr(size_);
    note(rest);
    say(rest);
  }

  /// Emits what was held back: nothing more comes, or another kind of event has begun.
  template <class Say>
  void settle(Say&& say) {
    if (form_ != form::unsure)
      return;
    const auto before = decide();
    if (!before.empty())
      say(std::string_view(before));
  }

  /// Text emitted elsewhere: a piece that is known to be new.
  void told(std::string_view fresh) noexcept {
    note(fresh);
    form_ = form::pieces;
  }

  std::size_t size() const noexcept { return size_; }
  bool is(std::string_view text) const noexcept { return text.size() == size_ && begins_with_said(text); }
  /// A server that repeats its text has changed it, so the answer is ambiguous.
  bool contradicted() const noexcept { return contradicted_; }

private:
  enum class form : std::uint8_t {
    none,   // nothing received yet
    first,  // one piece
    unsure, // a second piece, held, that begins with the first
    pieces,
    wholes, // every piece is the complete text so far
  };

  // Shorter texts may well occur twice in a row.
  static constexpr std::size_t least_repeated = 24;

  bool repeats(std::string_view piece) const noexcept {
    return piece.size() >= size_ && size_ >= least_repeated && begins_with_said(piece);
  }
  bool begins_with_said(std::string_view text) const noexcept;
  void note(std::string_view said) noexcept;
  std::string take(std::string_view& piece);
  std::string release();
  std::string decide();
  void become_whole() noexcept;

  std::string held_;
  std::uint64_t hash_ = 0xcbf29ce484222325u; // of the text so far
  std::size_t size_ = 0;
  form form_ = form::none;
  bool contradicted_ = false;
};

} // namespace weir::inline v0::provider
