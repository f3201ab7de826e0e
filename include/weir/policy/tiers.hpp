// Easy chats to a small model, hard ones to a large one.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/detail/abi.hpp>
#include <weir/task/chat.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/target.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// Tiers of targets, the cheapest first, and which call goes where.
///
///     weir::tiers().add("small", weir::target("groq/llama-3.1-8b-instant"))
///                  .add("large", weir::target("groq/llama-3.3-70b-versatile"))
///                  .accept([](const weir::completion& c) { return c.text().find("I cannot") == std::string::npos; })
///
/// Only chats are sent to tiers; other calls keep their target. If accept() rejects an answer, the chat goes to the
/// next tier; the last tier's answer is taken as it is. Failures are not rejections: they go to the caller, or to the
/// fallback below.
/// The functions are called on the client's strand and must not block; what they throw ends the call.
class tiers {
public:
  struct tier {
    tier(std::string name, target to) : name(std::move(name)), to(std::move(to)) {}
    std::string name;
    target to;
  };
  using picker = std::function<std::size_t(const chat&)>;
  using judge = std::function<bool(const completion&)>;

  tiers() = default;

  /// The next tier. Empty fields of the target are the call's own: see merged().
  tiers&& add(std::string name, target to) && { return std::move(add(std::move(name), std::move(to))); }
  tiers& add(std::string name, target to) & {
    list_.emplace_back(std::move(name), std::move(to));
    return *this;
  }
  const std::vector<tier>& list() const noexcept { return list_; }

  /// Picks the tier that is called first, by its index; an index past the end means the last tier. Default:
  /// by_difficulty().
  WEIR_SETTER(tiers, picker, pick, pick_ = std::move(v))
  const picker& pick() const noexcept { return pick_; }

  /// Checks an answer; false sends the call to the next tier. Streams are checked only with
  /// collect_first(). Default: every answer is accepted.
  WEIR_SETTER(tiers, judge, accept, accept_ = std::move(v))
  const judge& accept() const noexcept { return accept_; }

  /// Streams are collected to their end, checked, and only then delivered: no token is seen before the last one has
  /// arrived. Answers of more than 16 MiB are delivered unchecked. Default: off.
  WEIR_SETTER(tiers, bool, collect_first, collect_first_ = v)
  bool collect_first() const noexcept { return collect_first_; }

  bool enabled() const noexcept { return !list_.empty(); }

  /// The index of the last of `count` tiers for a chat that looks hard: it offers tools, asks for high or xhigh
  /// reasoning effort, or has more than 8000 bytes of text; otherwise of the first.
  static std::size_t by_difficulty(const chat& c, std::size_t count);

  /// \throws weir::error errc::invalid_configuration naming the field below `path`.
  void check(std::string_view path) const;

private:
  std::vector<tier> list_;
  picker pick_;
  judge accept_;
  bool collect_first_ = false;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
