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

bool is_complete(std::uint8_t kind) noexcept { return kind == record_kind(outcome::complete); }

class conflicts {
public:
  void add(const journal& first, const journal& second, const std::string& id) {
    if (++count_ > named)
      return;
    text_ += (text_.empty() ? "'" : "; '") + id.substr(0, 100) + "' was asked something else (" + first.path() + ", " +
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

  // Calls `take` with each id's record, again if a later one has an answer and the first has none, and collects the
  // conflicts.
  template <class Take>
  void each(const Take& take) {
    for (std::size_t i = 0; i != from_.size(); ++i)
      from_[i]->scan([&](const journal_record& r, std::uint64_t, bool current) {
        if (!current)
          return;
        if (check_)
          check_();
        if (is_wanted(i, r))
          take(r);
      });
  }
  const conflicts& found() const noexcept { return conflicts_; }

private:
  bool is_wanted(std::size_t i, const journal_record& r) {
    bool wanted = true;
    const auto compare = [&](const journal& other) {
      const auto there = other.find(r.id);
      if (!there)
        return false;
      if (there->fingerprint != r.fingerprint)
        conflicts_.add(other, *from_[i], r.id);
      wanted = wanted && is_complete(r.kind) && !is_complete(there->kind);
      return there->fingerprint != r.fingerprint;
    };
    if (compare(into_))
      return false;
    for (std::size_t j = 0; j != i; ++j)
      if (compare(*from_[j]))
        return false;
    return wanted;
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
