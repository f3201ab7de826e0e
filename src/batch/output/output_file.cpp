#include "batch/output/output_file.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "batch/output/columns.hpp"
#include "batch/output/item_writer.hpp"
#include "batch/output/line.hpp"
#include "batch/output/output_writer.hpp"
#include "batch/output/record.hpp"

namespace weir::inline v0 {

namespace {

// An item's place in the input and in the journal.
class entry {
public:
  std::uint64_t index;
  std::uint64_t position;
};
static_assert(sizeof(entry) == 16);

// The columns of all rows: those of the first row in its order, then what later ones have beside them.
class column_names {
public:
  void add(const batch_result& r) {
    std::size_t place = 0;
    bool has_id = r.id == r.origin;
    for (auto& c : columns_of(r.columns)) {
      has_id = has_id || c.text == r.id;
      const std::pair at(r.index, place++);
      const auto it = std::find_if(all_.begin(), all_.end(), [&c](const known& k) { return k.name == c.name; });
      if (it != all_.end())
        it->first = std::min(it->first, at);
      else if (all_.size() < most)
        all_.emplace_back(std::move(c.name), at);
    }
    ids_missing_ = ids_missing_ || !has_id;
  }
  // Whether rows cannot be told apart by their columns: an id that is a row's place is in none of them, and missed by
  // nobody who has the columns.
  bool needs_id() const noexcept { return all_.empty() || ids_missing_; }

  std::vector<std::string> names() {
    std::sort(all_.begin(), all_.end(), [](const known& a, const known& b) { return a.first < b.first; });
    std::vector<std::string> names;
    for (auto& k : all_)
      names.push_back(std::move(k.name));
    return names;
  }

private:
  static constexpr std::size_t most = 1000; // a table of more is a mistake, and slow
  class known {
  public:
    known(std::string name, std::pair<std::uint64_t, std::size_t> first) : name(std::move(name)), first(first) {}
    std::string name;
    std::pair<std::uint64_t, std::size_t> first;
  };
  std::vector<known> all_;
  bool ids_missing_ = false;
};

bool is_table(batch_output_format f) noexcept { return f == batch_output_format::csv || f == batch_output_format::tsv; }

class output {
public:
  output(const journal& from, const std::string& path, const batch_output_options& o)
      : from_(from), o_(o), format_(o.format() == batch_output_format::automatic ? format_of(path) : o.format()) {
    if (!o.failures().empty() && is_same_file(path, o.failures()))
      throw error(errc::invalid_argument, "the failures cannot go to " + path + ", which is the output itself");
    find();
    main_.emplace(path, o.check());
    if (!o.failures().empty())
      failures_.emplace(o.failures(), o.check());
    const bool with_id = columns_.needs_id();
    writer_ = make_item_writer(format_, o, columns_.names(), with_id);
  }

  batch_output_counts write() {
    std::string text;
    writer_->append_head(text);
    main_->write(text);
    for (const auto& e : entries_) {
      if (o_.check())
        o_.check()();
      write(read_result(from_.read(e.position)));
    }
    // The failures first: who sees the output may rely on them.
    if (failures_)
      failures_->commit();
    main_->commit();
    return counts_;
  }

private:
  void find() {
    std::uint64_t items = 0;
    for (auto kind = record_kind(outcome::complete); is_result(kind); ++kind)
      items += from_.count(kind);
    entries_.reserve(items);
    from_.scan([this](const journal_record& r, std::uint64_t position, bool current) {
      if (!current || !is_result(r.kind))
        return;
      if (o_.check())
        o_.check()();
      entries_.push_back(entry{r.index, position});
      if (is_table(format_))
        columns_.add(read_result(r));
    });
    std::sort(entries_.begin(), entries_.end(), [](const entry& a, const entry& b) {
      return std::pair(a.index, a.position) < std::pair(b.index, b.position);
    });
  }

  void write(const batch_result& r) {
    if (!r.succeeded()) {
      ++counts_.failures;
      if (failures_)
        failures_->write(failure_line(r, o_.row() ? o_.row()(r) : std::string()) + '\n');
      if (!o_.with_failures())
        return;
    }
    ++counts_.items;
    text_.clear();
    writer_->append(text_, r);
    main_->write(text_);
  }

  const journal& from_;
  const batch_output_options& o_;
  batch_output_format format_;
  std::vector<entry> entries_;
  column_names columns_;
  std::optional<output_writer> main_, failures_;
  std::unique_ptr<item_writer> writer_;
  batch_output_counts counts_;
  std::string text_;
};

} // namespace

batch_output_counts write_batch_output(const journal& from, const std::string& path, const batch_output_options& o) {
  std::optional<failure> why;
  try {
    return output(from, path, o).write();
  } catch (const error& e) {
    const bool place = e.failure().message().starts_with("cannot write ");
    if (!place)
      throw;
    why = e.failure();
  }
  throw error(errc::not_saved, why->message() + "; nothing is lost: every answer is in " + from.path());
}

} // namespace weir::inline v0
