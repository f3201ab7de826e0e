#include "store/journal/journal_file.hpp"

#include <algorithm>
#include <future>
#include <random>
#include <utility>

#include "store/journal/frame_reader.hpp"
#include "store/journal/little_endian.hpp"
#include "store/journal/refuse.hpp"

namespace weir::inline v0::store {

namespace {

constexpr std::size_t shown_settings = 500;

// Room is made in steps.
constexpr std::uint64_t room_step = std::uint64_t{1} << 20;

// Zeros are written ahead as far as was written before, from the least to the most.
constexpr std::uint64_t least_blank = std::uint64_t{64} << 10;
constexpr std::uint64_t most_blank = room_step;

std::uint64_t body_size(const journal_record& r) noexcept { return r.id.size() + r.payload.size(); }

journal_salt random_salt() {
  std::random_device device;
  journal_salt salt;
  for (std::size_t i = 0; i < salt.size(); i += 4)
    store_little(salt.data() + i, static_cast<std::uint32_t>(device()));
  return salt;
}

// For a message: one line, and not a long one.
std::string shown(std::string text) {
  if (text.size() > shown_settings)
    text.replace(shown_settings, std::string::npos, "...");
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
      c = ' ';
  return text;
}

} // namespace

journal_file::journal_file(std::unique_ptr<random_access_file> file, std::string path, const journal_options& o)
    : file_(std::move(file)), path_(std::move(path)), max_waiting_(o.max_waiting()),
      queue_(o.sync_interval(), o.sync_records()) {
  auto found = recover(*file_, path_);
  try {
    if (found.begun)
      resume(std::move(found), o);
    else
      begin(found.size, o);
  } catch (const std::system_error& e) {
    refuse(path_, std::string("cannot be ") + e.what());
  }
  begun_at_ = end_;
  try {
    thread_ = std::thread([this] { work(); });
  } catch (const std::system_error& e) {
    throw error(errc::out_of_resources, "the journal \"" + path_ + "\" has no thread: " + e.what());
  }
}

void journal_file::resume(recovery r, const journal_options& o) {
  if (r.settings != o.settings() && !o.force())
    refuse(path_, "was begun with other settings: it has \"" + shown(r.settings) + "\", and this run has \"" +
                      shown(o.settings()) + "\": give this run another path, or force it to go on with its own");
  resumed_ = true;
  salt_ = r.salt;
  index_ = std::move(r.index);
  cut_ = r.torn - r.end;
  if (r.size != r.end)
    truncate(*file_, r.end);
  // A process that was killed has left records with the system that the disk has not.
  sync(*file_);
  marked_ = r.closed;
  end_ = synced_ = r.end;
  settings_ = std::move(r.settings);
  writer_.emplace(*file_, salt_, end_);
  if (settings_ != o.settings())
    write_settings(o.settings());
}

void journal_file::begin(std::uint64_t found_size, const journal_options& o) {
  salt_ = random_salt();
  // The preamble first and alone, so that no part of a journal is ever found without it, nor with half of another.
  if (found_size != 0) {
    truncate(*file_, 0);
    sync(*file_);
  }
  write_fully(*file_, make_preamble(salt_), 0);
  sync(*file_);
  sync_folder(*file_);
  end_ = synced_ = preamble_size;
  writer_.emplace(*file_, salt_, end_);
  write_settings(o.settings());
}

void journal_file::write_settings(const std::string& text) {
  frame_head head;
  head.type = frame_type::settings;
  head.synced = synced_;
  writer_->add(head, {}, text);
  writer_->flush();
  sync(*file_);
  end_ = synced_ = writer_->position();
  settings_ = text;
  marked_ = false;
}

journal_file::~journal_file() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void journal_file::enqueue(journal_record r, callback done, bool hurry) {
  if (r.id.size() > max_id || r.payload.size() > max_payload)
    throw error(errc::invalid_argument, r.id.size() > max_id ? "a journal's record: its id is longer than 64 KiB"
                                                             : "a journal's record: its payload is larger than 1 GiB");
  const auto size = body_size(r);
  const bool state = r.kind < first_stateless_kind;
  const auto id = state ? hash_of(r.id, salt_) : id_hash();
  std::unique_lock lock(mutex_);
  // The thread that makes room must not wait for it.
  if (!on_own_thread())
    room_.wait(lock, [this] { return waiting_bytes_ <= max_waiting_ || failed_; });
  queue_.reserve(r);
  if (!failed_ && state)
    index_.set(id, r.kind, r.fingerprint, end_);
  const bool first = queue_.empty();
  queue_.add(std::move(r), end_, std::move(done),
             first ? std::chrono::steady_clock::now() : record_queue::time_point());
  end_ += head_size + size;
  waiting_bytes_ += sizeof(record_batch::item) + size;
  if (hurry)
    queue_.hurry();
  const bool wake = first || queue_.enough();
  lock.unlock();
  if (wake)
    wake_.notify_one();
}

void journal_file::append(journal_record r, callback done) { enqueue(std::move(r), std::move(done), false); }

void journal_file::append(journal_record r) {
  if (on_own_thread())
    throw error(errc::invalid_argument, "a journal's callback must not wait for a record: give append() a callback");
  // Shared: the thread may still be in set_value() when this one goes on.
  const auto result = std::make_shared<std::promise<error_code>>();
  enqueue(std::move(r), [result](error_code ec) { result->set_value(ec); }, true);
  if (result->get_future().get())
    throw error(failure());
}

bool journal_file::reserve(std::uint64_t bytes) {
  const std::lock_guard one(reserving_);
  std::uint64_t end = 0;
  {
    const std::lock_guard lock(mutex_);
    if (failed_)
      return false;
    end = end_;
  }
  if (end + bytes <= reserved_)
    return true;
  const auto from = std::max(end, reserved_);
  for (const auto to : {end + bytes + room_step, end + bytes})
    if (const auto got = allocate(*file_, from, to - from); got != room::none) {
      reserved_ = to;
      set_aside_ = got == room::set_aside;
      return true;
    }
  return false;
}

void journal_file::work() noexcept {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    if (queue_.empty())
      break;
    wake_.wait_until(lock, queue_.due(), [this] { return closing_ || failed_ || queue_.enough(); });
    queue_.take(writing_);
    const auto bytes = waiting_bytes_;
    if (!failed_) {
      lock.unlock();
      std::optional<std::system_error> failed;
      try {
        write(writing_);
      } catch (const std::system_error& e) {
        failed = e;
      }
      lock.lock();
      failed_ = std::move(failed);
      if (!failed_)
        synced_ = writer_->position();
    }
    complete(writing_, bytes, lock);
  }
  lock.unlock();
  mark_closed();
  give_back();
}

void journal_file::write(const record_batch& batch) {
  for (const auto& i : batch.items()) {
    frame_head head;
    head.kind = i.kind;
    head.index = i.index;
    head.fingerprint = i.fingerprint;
    head.synced = synced_;
    writer_->add(head, batch.id_of(i), batch.payload_of(i));
  }
  writer_->flush();
  blank_ahead();
  sync(*file_);
  marked_ = false;
}

// A file that grows, or whose blocks are written for the first time, changes the file system's own records too at each
// sync. Where there are zeros already a sync writes the frames alone. One sync in many makes them; only in room that is
// set aside, which the records would fill anyway.
void journal_file::blank_ahead() noexcept {
  const auto at = writer_->position();
  if (at <= blank_)
    return;
  std::uint64_t to = at + std::clamp(at - begun_at_, least_blank, most_blank);
  {
    const std::lock_guard one(reserving_);
    to = set_aside_ ? std::min(to, reserved_) : 0;
  }
  if (to <= at)
    return;
  try {
    const std::string zeros(static_cast<std::size_t>(to - at), '\0');
    write_fully(*file_, zeros, at);
    blank_ = to;
  } catch (const std::exception&) {
    // The records do without.
  }
}

void journal_file::complete(record_batch& batch, std::uint64_t bytes, std::unique_lock<std::mutex>& lock) noexcept {
  record_batch done;
  std::swap(done, batch);
  waiting_bytes_ -= bytes;
  const auto ec = failed_ ? make_error_code(errc::not_saved) : error_code();
  lock.unlock();
  room_.notify_all();
  done.clear_texts();
  for (auto& i : done.items())
    if (i.done)
      std::exchange(i.done, nullptr)(ec);
  done.clear_items();
  lock.lock();
  std::swap(done, batch);
}

// So that damage to the last records is told apart from a torn end.
void journal_file::mark_closed() noexcept {
  if (failed_ || marked_)
    return;
  try {
    frame_head head;
    head.type = frame_type::closed;
    head.synced = synced_;
    writer_->add(head, {}, {});
    writer_->flush();
  } catch (const std::system_error&) {
    // Every record is safe without it.
  }
}

// What was reserved and not used.
void journal_file::give_back() noexcept {
  if (failed_ || reserved_ <= writer_->position())
    return;
  try {
    truncate(*file_, writer_->position());
  } catch (const std::system_error&) {
    // It stays reserved until the next run uses it.
  }
}

std::optional<journal::entry> journal_file::find(std::string_view id) const {
  const auto hash = hash_of(id, salt_);
  const std::lock_guard lock(mutex_);
  return index_.find(hash);
}

std::uint64_t journal_file::count(std::uint8_t kind) const {
  const std::lock_guard lock(mutex_);
  return index_.count(kind);
}

weir::failure journal_file::failure() const {
  const std::lock_guard lock(mutex_);
  return failed_ ? weir::failure(errc::not_saved, "the journal \"" + path_ + "\" cannot be " + failed_->what())
                 : weir::failure();
}

namespace {

void take(journal_record& r, const frame_reader& frame) {
  r.kind = frame.head().kind;
  r.index = frame.head().index;
  r.fingerprint = frame.head().fingerprint;
  r.id = frame.id();
}

} // namespace

journal_record journal_file::read(std::uint64_t position) const {
  std::uint64_t to = 0;
  {
    const std::lock_guard lock(mutex_);
    for (const auto* batch : {&writing_, &queue_.waiting()})
      if (auto r = batch->at(position))
        return std::move(*r);
    to = synced_;
  }
  const auto unreadable = [&](const std::string& why) {
    return error(errc::not_saved,
                 "the journal \"" + path_ + "\" has no readable record at byte " + std::to_string(position) + why);
  };
  if (position < preamble_size || position >= to)
    throw unreadable("");
  try {
    const frame_codec codec(salt_);
    frame_reader frames(*file_, codec, position, to);
    journal_record r;
    if (!frames.next(&r.payload) || frames.head().type != frame_type::record)
      throw unreadable("");
    take(r, frames);
    return r;
  } catch (const std::system_error& e) {
    throw unreadable(std::string(": it cannot be ") + e.what());
  }
}

void journal_file::scan(
    const std::function<void(const journal_record& r, std::uint64_t position, bool current)>& each) const {
  const auto to = [this] {
    const std::lock_guard lock(mutex_);
    return synced_;
  }();
  const frame_codec codec(salt_);
  frame_reader frames(*file_, codec, preamble_size, to);
  journal_record r;
  const auto next = [&] {
    try {
      return frames.next(&r.payload);
    } catch (const std::system_error& e) {
      throw error(errc::not_saved, "the journal \"" + path_ + "\" cannot be " + e.what());
    }
  };
  while (next()) {
    if (frames.head().type != frame_type::record)
      continue;
    take(r, frames);
    const auto state = r.kind < first_stateless_kind ? find(r.id) : std::nullopt;
    each(r, frames.position(), state && state->position == frames.position());
  }
  if (frames.position() < to)
    throw error(errc::not_saved, "the journal \"" + path_ + "\" has been damaged at byte " +
                                     std::to_string(frames.position()) + " since it was opened");
}

} // namespace weir::inline v0::store
