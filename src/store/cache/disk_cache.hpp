// A cache store in an SQLite file: reading where it is asked for, writing on a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <weir/store/disk_cache.hpp>

#include "store/cache/cache_database.hpp"
#include "store/cache/set_aside.hpp"

namespace weir::inline v0 {

class disk_cache final : public cache_store {
public:
  disk_cache(std::string path, disk_cache_settings settings);
  ~disk_cache() override;

  std::optional<cache_entry> find(std::string_view key) noexcept override;
  void put(std::string key, cache_entry entry) noexcept override;
  void erase(std::string_view key) noexcept override;
  std::uint64_t clear() noexcept override;
  cache_store_stats stats() noexcept override;
  void each(const std::function<bool(const std::string& key, const cache_entry& entry)>& f) override;
  void flush() noexcept override;

private:
  class done;
  // What the thread has to do; in this order.
  class job {
  public:
    enum class kind { put, erase, clear, repair, nothing };
    job() = default;
    kind what = kind::nothing;
    std::string key;
    cache_entry entry;
    std::shared_ptr<done> told; // who waits for it
  };

  static constexpr std::size_t at_a_time = 64;

  // What came of opening the file: a connection, or why there is none.
  class opened {
  public:
    std::unique_ptr<cache_database> database;
    std::string wrong;
    bool replaceable = false; ///< Nobody can use it as it is.
  };

  opened open(int busy_milliseconds, bool suspicious);
  opened open_or_replace(bool suspicious);
  void open_both(bool suspicious);
  bool enqueue(job j) noexcept;
  std::uint64_t wait_for(job::kind what) noexcept;
  void work() noexcept;
  std::uint64_t carry_out(std::vector<job>& jobs);
  void write(std::vector<job>& jobs);
  void make_room();
  void repair();
  void failed(const sqlite_failure& f, const char* what, std::size_t n) noexcept;
  void tell(std::string text) noexcept;

  const std::string path_;
  const disk_cache_settings settings_;

  std::mutex reading_; // of the connection that find() reads with
  std::unique_ptr<cache_database> reader_;
  std::unique_ptr<cache_database> writer_; // the thread's
  std::optional<file_lock> lock_;          // likewise; before the connections

  std::mutex mutex_; // of everything from here to the counts
  std::condition_variable changed_;
  std::deque<job> jobs_;
  std::size_t waiting_bytes_ = 0;
  bool closing_ = false;
  std::set<std::string> told_;
  std::string trouble_;

  std::atomic<std::uint64_t> evicted_ = 0, dropped_ = 0, failures_ = 0;
  std::atomic<bool> usable_ = false;
  std::uint64_t written_bytes_ = 0; // since room was last made
  std::size_t batches_ = 0;
  std::thread thread_; // last: it uses all the others
};

} // namespace weir::inline v0
