// The circuits of all clients that share them.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/policy/breaker.hpp>

#include "policy/bounded_registry.hpp"
#include "policy/breaker/breaker_core.hpp"

namespace weir::inline v0 {

class circuit;

/// The right to one call through a circuit. One that is dropped without a verdict gives it back and reports nothing: a
/// cancelled probe neither closes the circuit nor keeps others out.
class breaker_permit {
public:
  breaker_permit(std::shared_ptr<circuit> from, breaker_core::ticket t) noexcept : from_(std::move(from)), ticket_(t) {}
  breaker_permit(breaker_permit&&) noexcept = default;
  breaker_permit& operator=(breaker_permit&&) = delete;
  ~breaker_permit();

  bool is_probe() const noexcept { return ticket_.probe; }
  /// See breaker_core::alive() and token(). No effect after report().
  void alive(time_point now) noexcept;
  void token(time_point now) noexcept;
  /// Once; further calls have no effect.
  void report(breaker_verdict v, time_point now, double random) noexcept;

private:
  std::shared_ptr<circuit> from_;
  breaker_core::ticket ticket_;
};

/// A breaker_core with its name and a lock. Thread safety: safe.
class circuit final : public target_health, public std::enable_shared_from_this<circuit> {
public:
  circuit(std::string id, const breaker& settings) : id_(std::move(id)), core_(settings) {}

  /// Empty if the circuit is not closed and this call is not a probe; `why` is then set.
  std::optional<breaker_permit> admit(time_point now, breaker_core::refusal& why);
  view look(time_point now, double random) override;
  breaker_state inspect(time_point now);
  bool idle() const noexcept;

private:
  friend class breaker_permit;

  const std::string id_;
  mutable std::mutex mutex_;
  breaker_core core_;
};

/// One circuit per target::model_id(), which is made of the origin, the key's name and the model. The key is part of it
/// because tiers, regions and rate limits depend on the key: the results of one key say little about another. Thread
/// safety: safe.
class breaker_set {
public:
  explicit breaker_set(std::size_t limit = 4096) : all_(limit) {}

  /// The settings are those of the first caller.
  std::shared_ptr<circuit> at(const std::string& id, const breaker& settings) {
    return all_.at(id, [&] { return std::make_shared<circuit>(id, settings); });
  }

  std::vector<breaker_state> inspect(time_point now) const;

private:
  bounded_registry<circuit> all_;
};

} // namespace weir::inline v0
