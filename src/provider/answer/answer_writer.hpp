// Turns what a provider sends, as pieces or as complete values, into the events of an answer, each exactly once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/task/event.hpp>

#include "provider/answer/merged_calls.hpp"
#include "provider/answer/running_text.hpp"

namespace weir::inline v0::provider {

class answer_writer {
public:
  using events = std::vector<event>;
  static constexpr std::size_t max_choices = 1024;
  static constexpr std::size_t none = merged_calls::none;

  /// The slot of a choice, created on first use; `none` if there would be too many.
  std::size_t slot_of(std::uint64_t choice);
  std::size_t slots() const noexcept { return choices_.size(); }
  std::uint32_t number_of(std::size_t slot) const noexcept { return choices_[slot].number; }
  bool finished(std::size_t slot) const noexcept { return choices_[slot].finished; }

  /// The next piece of text, reasoning or refusal.
  void piece(event::kind k, std::size_t slot, std::string_view text, events& out);
  /// The complete value, so far or final: emits what is missing.
  void whole(event::kind k, std::size_t slot, std::string_view text, events& out);
  /// A piece that is known to be new.
  void fresh(event::kind k, std::size_t slot, std::string_view text, events& out);
  /// Whether the choice has emitted anything of this kind.
  bool has(event::kind k, std::size_t slot) const noexcept { return voice(choices_[slot], k).size() != 0; }
  /// Whether it has emitted exactly this text.
  bool has_just(event::kind k, std::size_t slot, std::string_view text) const noexcept {
    return voice(choices_[slot], k).is(text);
  }

  merged_calls& calls(std::size_t slot) noexcept { return choices_[slot].calls; }
  /// When a call's first event is emitted: once its name must be complete, or at once.
  enum class naming { may_go_on, whole };
  /// A piece of a call's arguments, or all of them with `all`, and what is known of its id and name.
  void call(std::size_t slot, std::size_t place, const call_piece& p, naming n, bool all, events& out);

  /// An image or audio. Pieces of the same one share a non-empty id.
  void medium(std::size_t slot, std::string_view id, media m, events& out);

  /// The end of a choice, once.
  void finish(std::size_t slot, std::string_view reason, std::optional<std::uint64_t> seed, events& out);
  /// Usage counts, emitted when they change; a later zero does not override an earlier count.
  void report(const usage& counts, events& out);
  /// Emits what was held back.
  void settle(events& out);

  /// Whether anything was emitted, and whether it was more than reasoning.
  bool said() const noexcept { return said_; }
  bool answered() const noexcept { return answered_; }
  void note_said(event::kind k) noexcept {
    said_ = true;
    answered_ = answered_ || k != event::kind::reasoning;
  }
  bool contradicted() const noexcept { return contradicted_; }

private:
  class choice_state {
  public:
    choice_state() = default;
    std::uint32_t number = 0;
    bool finished = false;
    event::kind speaking = event::kind::text;
    running_text text, reasoning, refusal;
    merged_calls calls;
    std::string medium_id;
    std::uint32_t media = 0;
  };

  static const running_text& voice(const choice_state& c, event::kind k) noexcept {
    return k == event::kind::reasoning ? c.reasoning : k == event::kind::refusal ? c.refusal : c.text;
  }
  static running_text& voice(choice_state& c, event::kind k) noexcept {
    return const_cast<running_text&>(voice(std::as_const(c), k));
  }
  void turn_to(choice_state& c, event::kind k, events& out);
  void give(event::kind k, const choice_state& c, std::string_view text, events& out);
  void give_call(choice_state& c, std::size_t place, std::string_view arguments, events& out);
  void settle(choice_state& c, events& out);
  void settle_texts(choice_state& c, events& out);
  void settle_calls(choice_state& c, std::size_t but, events& out);

  std::vector<choice_state> choices_;
  usage reported_;
  bool said_ = false;
  bool answered_ = false;
  bool contradicted_ = false;
};

} // namespace weir::inline v0::provider
