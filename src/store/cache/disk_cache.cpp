#include "store/cache/disk_cache.hpp"

#include <system_error>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

namespace {

// A reader is on a client's strand, and rather goes without; the writer has its time.
constexpr int reader_patience = 20, writer_patience = 5000; // ms
constexpr auto last_writes = std::chrono::seconds(5);
constexpr auto flush_patience = std::chrono::seconds(30);
constexpr std::size_t batches_between_counts = 64;

std::string line(const std::string& path, const std::string& text) { return "the cache " + path + ' ' + text; }

} // namespace

// Who waits for a job.
class disk_cache::done {
public:
  std::condition_variable changed;
  bool is_done = false;
  std::uint64_t result = 0;
};

disk_cache::disk_cache(std::string path, disk_cache_settings settings)
    : path_(std::move(path)), settings_(std::move(settings)) {
  open_both(false);
  try {
    thread_ = std::thread([this] { work(); });
  } catch (const std::system_error& e) {
    throw error(errc::out_of_resources,
                "no thread can be started for " + line(path_, std::string("(") + e.what() + ')'));
  }
}

disk_cache::~disk_cache() {
  {
    std::unique_lock lock(mutex_);
    // The thread may hang on a disk that does: what is not written by then is dropped.
    changed_.wait_for(lock, last_writes, [this] { return jobs_.empty() || !usable_; });
    closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

disk_cache::opened disk_cache::open(int busy_milliseconds, bool suspicious) {
  opened o;
  o.wrong = prepare_file(path_);
  if (!o.wrong.empty()) {
    o.wrong = "is not used: " + o.wrong;
    return o;
  }
  try {
    o.database = std::make_unique<cache_database>(path_, busy_milliseconds);
    if (suspicious)
      o.database->verify();
    return o;
  } catch (const cache_database::other_version& v) {
    o.wrong = "was made by another version of weir (format " + std::to_string(v.found) + ")";
    o.replaceable = true;
  } catch (const sqlite_failure& f) {
    o.replaceable = f.is_damage();
    o.wrong = o.replaceable ? "is damaged (" + f.text.substr(0, f.text.find('\n')) + ")" : "is not used: " + f.text;
  }
  o.database.reset();
  return o;
}

// A file that nobody can use is set aside, unless others have it open.
disk_cache::opened disk_cache::open_or_replace(bool suspicious) {
  lock_->take(file_lock::mode::shared);
  auto o = open(writer_patience, suspicious);
  if (!o.replaceable)
    return o;
  if (!lock_->take(file_lock::mode::exclusive)) {
    o.wrong += ", and in use by other programs: it is not used";
    return o;
  }
  // Another process may have replaced it meanwhile.
  o = open(writer_patience, suspicious);
  if (o.replaceable) {
    const auto to = set_aside(path_);
    if (to.empty()) {
      o.wrong += ", and could not be renamed: it is not used";
      return o;
    }
    tell(line(path_, o.wrong + ": it was renamed to " + to + ", and a new one begun"));
    o = open(writer_patience, false);
  }
  lock_->take(file_lock::mode::shared);
  return o;
}

void disk_cache::open_both(bool suspicious) {
  if (const auto wrong = prepare_folder(path_); !wrong.empty())
    return tell(line(path_, "is not used: " + wrong));
  if (!lock_)
    lock_.emplace(path_);
  auto first = open_or_replace(suspicious);
  if (!first.database)
    return tell(line(path_, first.wrong));
  auto second = open(reader_patience, false);
  if (!second.database)
    return tell(line(path_, second.wrong));
  writer_ = std::move(first.database);
  {
    const std::lock_guard lock(reading_);
    reader_ = std::move(second.database);
  }
  usable_ = true;
}

std::optional<cache_entry> disk_cache::find(std::string_view key) noexcept {
  if (!usable_)
    return std::nullopt;
  try {
    const std::lock_guard lock(reading_);
    return reader_ ? reader_->find(key) : std::nullopt;
  } catch (const sqlite_failure& f) {
    failed(f, "could not be read", 1);
  } catch (...) {
    ++failures_;
  }
  return std::nullopt;
}

void disk_cache::put(std::string key, cache_entry entry) noexcept {
  if (!usable_) {
    ++failures_;
    return;
  }
  job j;
  j.what = job::kind::put;
  j.key = std::move(key);
  j.entry = std::move(entry);
  if (!enqueue(std::move(j)))
    ++dropped_;
}

void disk_cache::erase(std::string_view key) noexcept {
  try {
    job j;
    j.what = job::kind::erase;
    j.key = key;
    if (usable_ && enqueue(std::move(j)))
      return;
  } catch (...) {
  }
  ++failures_;
}

bool disk_cache::enqueue(job j) noexcept {
  try {
    const auto bytes = j.entry.data.size();
    const std::lock_guard lock(mutex_);
    const bool bounded = j.what == job::kind::put || j.what == job::kind::erase;
    if (closing_ || (bounded && (jobs_.size() >= settings_.max_waiting() ||
                                 waiting_bytes_ + bytes > settings_.max_waiting_bytes())))
      return false;
    jobs_.push_back(std::move(j));
    waiting_bytes_ += bytes;
  } catch (...) {
    return false;
  }
  changed_.notify_all();
  return true;
}

std::uint64_t disk_cache::wait_for(job::kind what) noexcept {
  try {
    const auto here = std::make_shared<done>();
    job j;
    j.what = what;
    j.told = here;
    if (!enqueue(std::move(j)))
      return 0;
    std::unique_lock lock(mutex_);
    here->changed.wait_for(lock, flush_patience, [&here] { return here->is_done; });
    return here->result;
  } catch (...) {
    return 0;
  }
}

std::uint64_t disk_cache::clear() noexcept { return wait_for(job::kind::clear); }
void disk_cache::flush() noexcept { wait_for(job::kind::nothing); }

cache_store_stats disk_cache::stats() noexcept {
  cache_store_stats s;
  try {
    // A connection of its own: it reads all rows, and find() must not wait for it.
    if (usable_)
      cache_database(path_, reader_patience).count(s.entries, s.bytes);
  } catch (const sqlite_failure& f) {
    failed(f, "could not be read", 1);
  } catch (...) {
    ++failures_;
  }
  s.evicted = evicted_;
  s.dropped = dropped_;
  s.failures = failures_;
  try {
    const std::lock_guard lock(mutex_);
    s.trouble = trouble_;
  } catch (...) {
  }
  return s;
}

void disk_cache::each(const std::function<bool(const std::string& key, const cache_entry& entry)>& f) {
  if (!usable_)
    return;
  try {
    // A connection of its own: find() must not wait for it.
    cache_database(path_, writer_patience).each(f);
  } catch (const sqlite_failure& e) {
    failed(e, "could not be read", 1);
  } catch (const cache_database::other_version&) {
    ++failures_;
  }
}

void disk_cache::work() noexcept {
  for (;;) {
    std::vector<job> jobs;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
      if (closing_)
        return;
      // They stay in the queue until they are done: that is what bounds it, and what a destructor waits for.
      const auto what = jobs_.front().what;
      do {
        jobs.push_back(std::move(jobs_.front()));
        jobs_.pop_front();
      } while (what == job::kind::put && !jobs_.empty() && jobs_.front().what == what && jobs.size() < at_a_time);
      jobs_.emplace_front(); // stands for them
    }
    std::uint64_t result = 0;
    std::size_t bytes = 0;
    for (const auto& j : jobs)
      bytes += j.entry.data.size();
    try {
      result = carry_out(jobs);
    } catch (const sqlite_failure& f) {
      failed(f, "could not be written", jobs.size());
    } catch (...) {
      ++failures_;
    }
    {
      const std::lock_guard lock(mutex_);
      jobs_.pop_front();
      waiting_bytes_ -= bytes;
      for (const auto& j : jobs)
        if (j.told) {
          j.told->is_done = true;
          j.told->result = result;
          j.told->changed.notify_all();
        }
    }
    changed_.notify_all();
  }
}

std::uint64_t disk_cache::carry_out(std::vector<job>& jobs) {
  if (jobs.front().what == job::kind::repair) {
    repair();
    return 0;
  }
  if (!writer_) {
    failures_ += jobs.front().told ? 0 : jobs.size();
    return 0;
  }
  switch (jobs.front().what) {
  case job::kind::put: write(jobs); break;
  case job::kind::erase: writer_->erase(jobs.front().key); break;
  case job::kind::clear: return writer_->clear();
  case job::kind::repair:
  case job::kind::nothing: break;
  }
  return 0;
}

void disk_cache::write(std::vector<job>& jobs) {
  std::vector<std::pair<std::string, cache_entry>> entries;
  entries.reserve(jobs.size());
  for (auto& j : jobs) {
    written_bytes_ += j.entry.data.size();
    entries.emplace_back(std::move(j.key), std::move(j.entry));
  }
  writer_->put(entries);
  // Counting all of it takes longer than writing a few, and other processes write too.
  if (batches_++ % batches_between_counts == 0 || written_bytes_ > settings_.max_bytes() / 16)
    make_room();
}

void disk_cache::make_room() {
  written_bytes_ = 0;
  const auto now = std::chrono::system_clock::now();
  const auto keep = std::chrono::duration_cast<std::chrono::system_clock::duration>(settings_.keep_for());
  evicted_ += writer_->make_room(settings_.max_bytes(), now - keep);
}

void disk_cache::repair() {
  {
    const std::lock_guard lock(reading_);
    reader_.reset();
  }
  writer_.reset();
  usable_ = false;
  open_both(true);
}

void disk_cache::failed(const sqlite_failure& f, const char* what, std::size_t n) noexcept {
  failures_ += n;
  try {
    tell(line(path_, std::string(what) + ": " + f.text));
    if (f.is_damage() && usable_.exchange(false)) {
      job j;
      j.what = job::kind::repair;
      enqueue(std::move(j));
    }
  } catch (...) {
  }
}

// Once for each text.
void disk_cache::tell(std::string text) noexcept {
  try {
    {
      const std::lock_guard lock(mutex_);
      trouble_ = text;
      if (!told_.insert(text).second)
        return;
    }
    if (settings_.on_trouble())
      settings_.on_trouble()(text);
  } catch (...) {
  }
}

std::shared_ptr<cache_store> open_disk_cache(std::string path, disk_cache_settings settings) {
  return std::make_shared<disk_cache>(std::move(path), std::move(settings));
}

bool has_disk_cache() noexcept { return true; }

} // namespace weir::inline v0
