// A journal in memory.
#pragma once

#include <weir/store/journal.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "batch/output/record.hpp"

namespace batch_test {

class fake_journal final : public weir::journal {
public:
  explicit fake_journal(std::string path = "job.journal") : path_(std::move(path)) {}

  void append(weir::journal_record r, callback done) override {
    append(std::move(r));
    done({});
  }
  bool reserve(std::uint64_t bytes) override {
    room_ = std::max(room_, used_ + bytes);
    return true;
  }
  void append(weir::journal_record r) override {
    used_ += r.id.size() + r.payload.size();
    overrun = overrun || used_ > room_;
    if (r.kind < 128) {
      entry e;
      e.kind = r.kind;
      e.fingerprint = r.fingerprint;
      e.position = records_.size();
      states_[r.id] = e;
    }
    records_.push_back(std::move(r));
  }
  void add(const weir::batch_result& r, std::uint64_t fingerprint = 7) { append(weir::result_record(r, fingerprint)); }

  std::optional<entry> find(std::string_view id) const override {
    const auto it = states_.find(std::string(id));
    return it == states_.end() ? std::nullopt : std::optional(it->second);
  }
  std::uint64_t count(std::uint8_t kind) const override {
    std::uint64_t n = 0;
    for (const auto& [id, e] : states_)
      n += e.kind == kind;
    return n;
  }
  weir::journal_record read(std::uint64_t position) const override { return records_.at(position); }
  void scan(const std::function<void(const weir::journal_record&, std::uint64_t, bool)>& each) const override {
    for (std::size_t i = 0; i != records_.size(); ++i) {
      const auto it = states_.find(records_[i].id);
      each(records_[i], i, it != states_.end() && it->second.position == i);
    }
  }
  const std::string& settings() const noexcept override { return settings_; }
  bool resumed() const noexcept override { return false; }
  std::uint64_t begun_at() const noexcept override { return 0; }
  std::uint64_t cut() const noexcept override { return 0; }
  const std::string& path() const noexcept override { return path_; }

  bool overrun = false; ///< Whether records took more room than had been reserved.

private:
  std::uint64_t room_ = 0, used_ = 0;
  std::string path_, settings_;
  std::vector<weir::journal_record> records_;
  std::map<std::string, entry> states_;
};

/// A complete answer of one choice.
inline weir::batch_result answered(std::string id, std::uint64_t index, const std::string& text_as_json,
                                   std::string columns = {}) {
  weir::batch_result r;
  r.id = std::move(id);
  r.index = index;
  r.columns = std::move(columns);
  r.outcome = weir::outcome::complete;
  r.body = R"({"choices":[{"message":{"content":)" + text_as_json + "}}]}";
  r.calls = r.attempts = 1;
  return r;
}

inline weir::batch_result failed(std::string id, std::uint64_t index, std::string columns = {}) {
  weir::batch_result r;
  r.id = std::move(id);
  r.index = index;
  r.columns = std::move(columns);
  r.failure = weir::failure(weir::errc::rate_limited, "the provider refuses more requests for now").status(429);
  r.calls = r.attempts = 1;
  return r;
}

} // namespace batch_test
