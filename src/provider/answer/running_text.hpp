// A text that arrives in pieces, as a whole that grows, or as both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::provider {

/// What of each piece is new. Most servers send what comes next; some repeat in every event all that they have said
/// so far, or end with the whole text once more. The first kind costs nothing to tell: a second piece that does not
/// begin with the first one decides. One that does is held until the third piece or the end decides.
///
/// `say` is called with each new part, in order; its views live as long as the call.
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

  /// The whole text so far, or at last. What contradicts what has been said is passed over.
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

  /// Gives what was held back: nothing more comes, or something of another kind has begun.
  template <class Say>
  void settle(Say&& say) {
    if (form_ != form::unsure)
      return;
    const auto before = decide();
    if (!before.empty())
      say(std::string_view(before));
  }

  /// What was said of it elsewhere: a piece that is known to be new.
  void told(std::string_view fresh) noexcept {
    note(fresh);
    form_ = form::pieces;
  }

  std::size_t size() const noexcept { return size_; }
  bool is(std::string_view text) const noexcept { return text.size() == size_ && begins_with_said(text); }
  /// A server that repeats itself has changed what it had said: nobody can tell what the answer is.
  bool contradicted() const noexcept { return contradicted_; }

private:
  enum class form : std::uint8_t {
    none,   // nothing said yet
    first,  // one piece
    unsure, // a second one, held, that begins with the first
    pieces,
    wholes, // every piece is all of it
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
  std::uint64_t hash_ = 0xcbf29ce484222325u; // of what was said
  std::size_t size_ = 0;
  form form_ = form::none;
  bool contradicted_ = false;
};

} // namespace weir::provider
