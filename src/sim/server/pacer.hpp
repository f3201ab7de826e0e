// When the next events of streams are due: one timer for all of them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace weir::inline v0::sim {

/// A timer for each stream is set again for each event, which costs more than the event. While much is due, what comes
/// within a tenth of a millisecond is sent together: so late an event may be, and never early.
/// Thread safety: none; everything on its executor.
class pacer : public std::enable_shared_from_this<pacer> {
public:
  using clock = std::chrono::steady_clock;

  /// Something that is due at times.
  class guest {
  public:
    /// When it is due again; empty: it has to be added again. Must not call the pacer.
    virtual std::optional<clock::time_point> on_due() = 0;

  protected:
    ~guest() = default;
  };

  explicit pacer(boost::asio::any_io_executor ex) : timer_(std::move(ex)) {}

  /// \pre it is not in it. It must be removed before it is destroyed, unless on_due() has said that it leaves.
  void add(guest& g, clock::time_point due);
  /// Idempotent.
  void remove(const guest& g) noexcept;

private:
  class entry {
  public:
    entry(clock::time_point at, guest* g) : due(at), who(g) {}
    clock::time_point due;
    guest* who;
    bool operator<(const entry& other) const noexcept { return due > other.due; } // the first is on top
  };

  void push(entry e);
  void run();
  void arm();

  boost::asio::steady_timer timer_;
  std::vector<entry> waiting_; // a heap
  clock::time_point ran_{};
  std::optional<clock::time_point> armed_;
};

} // namespace weir::inline v0::sim
