// The calls of one client that are in flight, by what they ask.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "policy/cache/flight.hpp"

namespace weir::inline v0 {

/// Thread safety: none; the client's strand.
class flights {
public:
  flights() = default;
  flights(const flights&) = delete;
  flights& operator=(const flights&) = delete;
  /// Ends those that have no caller to wait for.
  ~flights() {
    const auto background = std::exchange(background_, {});
    for (const auto& [key, weak] : background)
      if (const auto f = weak.lock())
        f->cancel(errc::cancelled);
  }

  /// One that can be joined; nullptr if there is none.
  std::shared_ptr<flight> find(const std::string& key) const {
    const auto at = joinable_.find(key);
    return at == joinable_.end() ? nullptr : at->second.lock();
  }
  void add(const std::string& key, const std::shared_ptr<flight>& f) { joinable_[key] = f; }
  void add_background(const std::string& key, const std::shared_ptr<flight>& f) { background_[key] = f; }
  bool has_background(const std::string& key) const { return background_.contains(key); }
  /// Nobody can join it any more.
  void remove(const std::string& key, const flight* f) noexcept {
    for (auto* all : {&joinable_, &background_})
      if (const auto at = all->find(key); at != all->end() && is(at->second, f))
        all->erase(at);
  }

private:
  // Also while the flight is being destroyed.
  static bool is(const std::weak_ptr<flight>& w, const flight* f) noexcept {
    const auto there = w.lock();
    return !there || there.get() == f;
  }

  std::map<std::string, std::weak_ptr<flight>> joinable_, background_;
};

} // namespace weir::inline v0
