// Jobs on simulated time: a function that answers, a sink that collects, and a journal in memory.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <weir/batch/batch.hpp>
#include <weir/core/backoff.hpp>
#include <weir/core/within.hpp>
#include <weir/store/journal.hpp>
#include <weir/testing.hpp>

namespace batch_test {

namespace asio = boost::asio;

inline weir::batch_item row(int i, const std::string& question) {
  return weir::batch_item("row-" + std::to_string(i), weir::chat("m").user(question));
}

inline std::vector<weir::batch_item> rows(int n, int first = 0) {
  std::vector<weir::batch_item> all;
  for (int i = first; i < first + n; ++i)
    all.push_back(row(i, "Question " + std::to_string(i)));
  return all;
}

inline weir::batch_result answer_to(const weir::batch_item& item) {
  weir::batch_result r;
  r.outcome = weir::outcome::complete;
  r.body = "{\"to\":\"" + item.id() + "\"}";
  return r;
}

inline weir::batch_result failed_with(weir::errc code) {
  weir::batch_result r;
  r.failure = weir::failure(code, std::string(weir::name_of(code)));
  r.outcome = weir::outcome::failed;
  return r;
}

class collected final : public weir::batch_sink {
public:
  asio::awaitable<void> write(weir::batch_result r) override {
    if (fails_after == results.size())
      throw weir::error(weir::errc::not_saved, "the sink is full");
    if (slow != weir::duration())
      co_await weir::sleep_for(slow);
    order.push_back(r.id);
    results.emplace(r.id, std::move(r));
  }
  std::map<std::string, weir::batch_result> results;
  std::vector<std::string> order;
  std::size_t fails_after = static_cast<std::size_t>(-1);
  weir::duration slow{};
};

/// A function that answers, and what it has seen.
class answering {
public:
  std::size_t running = 0, most = 0, calls = 0;
  std::map<std::string, unsigned> asked;

  asio::awaitable<weir::batch_result> operator()(const weir::batch_item& item, weir::duration takes, unsigned failures,
                                                 weir::errc code) {
    most = std::max(most, ++running);
    ++calls;
    const auto tries = ++asked[item.id()];
    const std::unique_ptr<answering, void (*)(answering*)> leave(this, [](answering* a) { --a->running; });
    auto waiting = weir::sleep_for(takes);
    co_await std::move(waiting);
    co_return tries <= failures ? failed_with(code) : answer_to(item);
  }
};

/// A job on simulated time, to its end.
class run_of {
public:
  run_of() { weir::testing::manual_time::install(io); }

  std::exception_ptr operator()(weir::batch& job, weir::batch_source& from, weir::batch_sink& to,
                                weir::duration limit = std::chrono::hours(1)) {
    begin(job, from, to);
    weir::testing::run(io, limit);
    return why;
  }

  /// With a journal, whose thread takes a while of real time.
  std::exception_ptr with_journal(weir::batch& job, weir::batch_source& from, weir::batch_sink& to) {
    begin(job, from, to);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!ended && std::chrono::steady_clock::now() < end) {
      weir::testing::run(io, std::chrono::seconds(10));
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return why;
  }

  void begin(weir::batch& job, weir::batch_source& from, weir::batch_sink& to) {
    io.restart();
    ended = false;
    asio::co_spawn(io, job.run(from, to), [this](std::exception_ptr e, weir::batch_report r) {
      why = e;
      report = std::move(r);
      ended = true;
    });
  }

  asio::io_context io;
  weir::batch_report report;
  std::exception_ptr why;
  bool ended = false;
};

inline std::string text_of(const std::exception_ptr& why) {
  return why ? weir::failure_of(why).message() : std::string();
}

/// A journal in memory that confirms what is appended on the strand, after a while of simulated time. What it holds
/// outlives it, as a file would: `disk` is given to the next one.
class paced_journal final : public weir::journal {
public:
  class disk {
  public:
    std::vector<weir::journal_record> records;
    std::map<std::string, entry> states;
  };

  paced_journal(asio::io_context& io, std::shared_ptr<disk> on, weir::duration pace = std::chrono::milliseconds(3))
      : io_(io), disk_(std::move(on)), pace_(pace), begun_at_(disk_->records.size()) {}

  void append(weir::journal_record r, callback done) override {
    if (throws_at == appended)
      throw weir::error(weir::errc::invalid_argument, "the record is too large");
    const bool fails = appended++ >= fails_after;
    if (!fails)
      keep(std::move(r));
    auto& time = weir::testing::manual_time::of(io_);
    if (drops_callbacks)
      return;
    auto confirm = [done = std::move(done), fails](weir::error_code) {
      done(fails ? make_error_code(weir::errc::not_saved) : weir::error_code());
    };
    time.async_wait(io_.get_executor(), time.now() + pace_, std::move(confirm));
  }
  void append(weir::journal_record r) override { keep(std::move(r)); }
  bool reserve(std::uint64_t bytes) override { return bytes + used_ <= room; }

  std::optional<entry> find(std::string_view id) const override {
    const auto it = disk_->states.find(std::string(id));
    return it == disk_->states.end() ? std::nullopt : std::optional(it->second);
  }
  std::uint64_t count(std::uint8_t kind) const override {
    std::uint64_t n = 0;
    for (const auto& [id, e] : disk_->states)
      n += e.kind == kind;
    return n;
  }
  weir::journal_record read(std::uint64_t position) const override {
    if (unreadable)
      throw weir::error(weir::errc::not_saved, "the journal cannot be read");
    return disk_->records.at(position);
  }
  void scan(const std::function<void(const weir::journal_record&, std::uint64_t, bool)>& each) const override {
    for (std::size_t i = 0; i != disk_->records.size(); ++i)
      each(disk_->records[i], i, disk_->states.at(disk_->records[i].id).position == i);
  }
  const std::string& settings() const noexcept override { return settings_; }
  bool resumed() const noexcept override { return begun_at_ != 0; }
  std::uint64_t begun_at() const noexcept override { return begun_at_; }
  std::uint64_t cut() const noexcept override { return 0; }
  const std::string& path() const noexcept override { return path_; }

  std::size_t appended = 0;
  std::size_t fails_after = static_cast<std::size_t>(-1), throws_at = static_cast<std::size_t>(-1);
  bool unreadable = false, drops_callbacks = false;
  std::uint64_t room = static_cast<std::uint64_t>(-1); // of the disk, for this one's records

private:
  void keep(weir::journal_record r) {
    entry e;
    e.kind = r.kind;
    e.fingerprint = r.fingerprint;
    e.position = disk_->records.size();
    used_ += r.id.size() + r.payload.size();
    disk_->states[r.id] = e;
    disk_->records.push_back(std::move(r));
  }

  asio::io_context& io_;
  std::shared_ptr<disk> disk_;
  weir::duration pace_;
  std::uint64_t begun_at_;
  std::uint64_t used_ = 0;
  std::string path_ = "job.journal", settings_;
};

} // namespace batch_test
