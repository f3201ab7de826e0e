// A journal in memory, a host, and a server with OpenAI's batch API, for runs on simulated time.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <weir/core/executor.hpp>

#include "batch/provider/provider_run.hpp"

namespace weir::inline v0::test {

namespace asio = boost::asio;
namespace vb = vendor_batch;

/// Records in memory, which outlive the runs.
class memory_journal final : public journal {
public:
  explicit memory_journal(std::string path) : path_(std::move(path)) {}
  void append(journal_record r, callback done) override {
    records.push_back(std::move(r));
    done({});
  }
  void append(journal_record r) override { records.push_back(std::move(r)); }
  std::optional<entry> find(std::string_view) const override { return std::nullopt; }
  std::uint64_t count(std::uint8_t kind) const override {
    std::uint64_t n = 0;
    for (const auto& r : records)
      n += r.kind == kind;
    return n;
  }
  journal_record read(std::uint64_t at) const override { return records.at(at); }
  void scan(const std::function<void(const journal_record&, std::uint64_t, bool)>& each) const override {
    for (std::size_t n = 0; n < records.size(); ++n)
      each(records[n], n, true);
  }
  const std::string& settings() const noexcept override { return settings_; }
  bool resumed() const noexcept override { return !records.empty(); }
  std::uint64_t begun_at() const noexcept override { return 0; }
  std::uint64_t cut() const noexcept override { return 0; }
  const std::string& path() const noexcept override { return path_; }

  std::vector<journal_record> records;

private:
  std::string path_, settings_;
};

/// Keeps results across runs, and counts.
class memory_host final : public vb::run_host {
public:
  std::uint64_t fingerprint(const batch_item&) const override { return 7; }
  bool is_done(const std::string& id, std::uint64_t) const override { return results.contains(id); }
  asio::awaitable<void> take(batch_result r, std::uint64_t) override {
    ++taken[r.id];
    results[r.id] = std::move(r);
    co_return;
  }
  asio::awaitable<void> flush() override { co_return; }

  std::map<std::string, batch_result> results;
  std::map<std::string, unsigned> taken;
};

/// OpenAI's batch API with one behaviour for each line, by the text of its message: `fail` is refused, `lost` comes in
/// no file the first time, `late` is expired with the first batch.
class model_openai {
public:
  class batch {
  public:
    batch() = default;
    std::string id, file, nonce;
    std::chrono::system_clock::time_point ends;
    bool cancelled = false;
    std::string output, errors;
    unsigned lines = 0;
  };

  /// The answer to one request; counts them. `sudden_end`: the number of a request that ends the process, before it
  /// arrives (even) or after it was acted on (odd).
  asio::awaitable<direct_result> send(http::request r, direct_http::receiver into);
  vb::transport_function transport() {
    return [this](http::request r, direct_http::receiver into) { return send(std::move(r), std::move(into)); };
  }

  std::map<std::string, std::string> files;
  std::vector<batch> batches;
  duration takes = std::chrono::minutes(10);
  unsigned requests = 0;
  std::optional<unsigned> sudden_end;
  std::map<std::string, unsigned> asked; // messages, by how many batches had them
  std::vector<std::string> log;

private:
  direct_result act(const http::request& r, std::chrono::system_clock::time_point now);
  void fill(batch& b);
  std::string text(const batch& b, std::chrono::system_clock::time_point now) const;
  unsigned next_ = 0;
};

/// Items with these messages, under ids `a`, `b` …
std::vector<batch_item> items_with(const std::vector<std::string>& messages);

/// A folder of the test's own, removed with all that is in it.
class test_folder {
public:
  test_folder();
  ~test_folder();
  std::string path;
};

/// One run, to its end, on simulated time. \returns the failure that it ended with.
failure run_once(model_openai& server, memory_journal& journal, memory_host& host, std::vector<batch_item> items,
                 provider_batch_options o = provider_batch_options(),
                 std::optional<duration> cancel_after = std::nullopt);

} // namespace weir::inline v0::test
