// A journal on a file, with a thread that writes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include <weir/store/journal.hpp>

#include "store/journal/file.hpp"
#include "store/journal/frame_writer.hpp"
#include "store/journal/index.hpp"
#include "store/journal/record_queue.hpp"
#include "store/journal/recovery.hpp"

namespace weir::inline v0::store {

/// See journal. Callers of append() put records into the queue and their ids into the index; the thread takes all that
/// are due, writes and syncs them, and calls back.
class journal_file final : public journal {
public:
  /// \throws weir::error errc::invalid_configuration, as open_journal(); errc::out_of_resources without a thread.
  journal_file(std::unique_ptr<random_access_file> file, std::string path, const journal_options& o);
  journal_file(const journal_file&) = delete;
  ~journal_file() override;

  void append(journal_record r, callback done) override;
  void append(journal_record r) override;
  bool reserve(std::uint64_t bytes) override;
  std::optional<entry> find(std::string_view id) const override;
  std::uint64_t count(std::uint8_t kind) const override;
  journal_record read(std::uint64_t position) const override;
  void
  scan(const std::function<void(const journal_record& r, std::uint64_t position, bool current)>& each) const override;
  const std::string& settings() const noexcept override { return settings_; }
  bool resumed() const noexcept override { return resumed_; }
  std::uint64_t begun_at() const noexcept override { return begun_at_; }
  std::uint64_t cut() const noexcept override { return cut_; }
  const std::string& path() const noexcept override { return path_; }
  weir::failure failure() const override;

private:
  void resume(recovery r, const journal_options& o);
  void begin(std::uint64_t found_size, const journal_options& o);
  void write_settings(const std::string& text);

  void enqueue(journal_record r, callback done, bool hurry);
  bool on_own_thread() const noexcept { return std::this_thread::get_id() == thread_.get_id(); }
  void work() noexcept;
  void write(const record_batch& batch);
  void blank_ahead() noexcept;
  void complete(record_batch& batch, std::uint64_t bytes, std::unique_lock<std::mutex>& lock) noexcept;
  void mark_closed() noexcept;
  void give_back() noexcept;

  const std::unique_ptr<random_access_file> file_;
  const std::string path_;
  const std::size_t max_waiting_;
  std::string settings_;
  bool resumed_ = false;
  bool marked_ = false; // the last frame tells that it was closed
  std::uint64_t cut_ = 0;
  std::uint64_t begun_at_ = 0;
  journal_salt salt_{};
  std::optional<frame_writer> writer_; // the thread's
  std::uint64_t blank_ = 0;            // likewise: up to here the file has zeros

  mutable std::mutex mutex_;
  std::condition_variable wake_; // the thread waits for records
  std::condition_variable room_; // callers of append() wait
  id_index index_;
  record_queue queue_;
  record_batch writing_; // without the lock only read, by the thread
  std::uint64_t waiting_bytes_ = 0;
  std::uint64_t synced_ = 0; // up to here the file is read
  std::uint64_t end_ = 0;    // of what was appended
  std::optional<std::system_error> failed_;
  bool closing_ = false;
  std::mutex reserving_;       // before mutex_
  std::uint64_t reserved_ = 0; // up to here the disk has room
  bool set_aside_ = false;     // which nobody else can take
  std::thread thread_;         // last: it uses all the others
};

} // namespace weir::inline v0::store
