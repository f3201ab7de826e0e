#include "batch/output/merge.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <weir/core/error.hpp>
#include <weir/task/event.hpp>

#include "batch/output/record.hpp"

namespace weir::inline v0 {

namespace {

// Conflicts that a message names; it tells how many there are.
constexpr std::size_t named = 5;

std::string state_text(const journal::entry& e) {
  return is_result(e.kind) ? std::string(name_of(static_cast<outcome>(e.kind - record_kind(outcome::complete))))
                           : "kind " + std::to_string(e.kind);
}

bool equal(const journal::entry& a, const journal_record& b) noexcept {
  return a.kind == b.kind && a.fingerprint == b.fingerprint;
}

class conflicts {
public:
  void add(const journal& first, const journal::entry& a, const journal& second, const journal_record& r) {
    if (++count_ > named)
      return;
    journal::entry b;
    b.kind = r.kind;
    const auto why = a.fingerprint != r.fingerprint
                         ? "was asked something else"
                         : "ended as " + state_text(a) + " in one, as " + state_text(b) + " in the other";
    text_ += (text_.empty() ? "'" : "; '") + r.id.substr(0, 100) + "' " + why + " (" + first.path() + ", " +
             second.path() + ")";
  }
  void throw_any() const {
    if (count_ != 0)
      throw error(errc::invalid_argument, "these journals are not parts of one job: " + text_ +
                                              (count_ > named ? "; " + std::to_string(count_) + " in all" : ""));
  }

private:
  std::string text_;
  std::uint64_t count_ = 0;
};

class merger {
public:
  merger(const std::vector<const journal*>& from, const journal& into, const std::function<void()>& check)
      : from_(from), into_(into), check_(check) {}

  // Calls `take` with each id's record once, and collects the conflicts.
  template <class Take>
  void each(const Take& take) {
    for (std::size_t i = 0; i != from_.size(); ++i)
      from_[i]->scan([&](const journal_record& r, std::uint64_t, bool current) {
        if (!current)
          return;
        if (check_)
          check_();
        if (is_first(i, r))
          take(r);
      });
  }
  const conflicts& found() const noexcept { return conflicts_; }

private:
  bool is_first(std::size_t i, const journal_record& r) {
    if (const auto there = into_.find(r.id)) {
      if (!equal(*there, r))
        conflicts_.add(into_, *there, *from_[i], r);
      return false;
    }
    for (std::size_t j = 0; j != i; ++j)
      if (const auto there = from_[j]->find(r.id)) {
        if (!equal(*there, r))
          conflicts_.add(*from_[j], *there, *from_[i], r);
        return false;
      }
    return true;
  }

  const std::vector<const journal*>& from_;
  const journal& into_;
  const std::function<void()>& check_;
  conflicts conflicts_;
};

} // namespace

std::uint64_t merge_journals(const std::vector<const journal*>& from, journal& into,
                             const std::function<void()>& check) {
  merger first_pass(from, into, check);
  first_pass.each([](const journal_record&) {});
  first_pass.found().throw_any();

  std::uint64_t count = 0;
  std::optional<journal_record> held;
  merger second_pass(from, into, check);
  second_pass.each([&](const journal_record& r) {
    // The last one waits for all of them: a journal is synced in order, and a failure of it is final.
    if (held)
      into.append(std::move(*held), [](error_code) {});
    held = r;
    ++count;
  });
  if (held)
    into.append(std::move(*held));
  return count;
}

} // namespace weir::inline v0
