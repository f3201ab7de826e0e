// Decides how a request is answered: routes, keys, faults. No I/O.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <weir/core/random.hpp>

#include "sim/answer/prompt_memory.hpp"
#include "sim/batches/batch_store.hpp"
#include "sim/plan.hpp"
#include "sim/protocol.hpp"
#include "sim/server/certificates.hpp"
#include "sim/server/request.hpp"
#include "sim/server/settings.hpp"
#include "sim/tasks/jobs.hpp"

namespace weir::inline v0::sim {

/// What the server's faults do to a new connection.
class greeting {
public:
  greeting() = default;
  certificate identity = certificate::good;
  duration handshake_delay{};
};

class responder {
public:
  explicit responder(const settings&);

  /// Draws the faults of a new connection.
  greeting greet();
  /// Responds to a request; never throws because of a request's content.
  plan respond(const request&, std::chrono::system_clock::time_point wall);
  /// Replaces the server's faults.
  void faults(std::vector<fault_rule> rules) { rules_ = std::move(rules); }
  /// Does a little of the work that batches are behind with. \return whether there is more.
  bool work(std::chrono::system_clock::time_point wall);
  const batch_store& batches() const noexcept { return batches_; }

private:
  bool happens(fault_rule&);
  duration first_of(const request&);
  void set_gap(plan&, const request&);
  std::vector<fault> faults_of(const request&);
  plan route(const request&, const std::vector<fault>&, std::chrono::system_clock::time_point wall);
  std::optional<plan> starting(const request&, const fault&, std::chrono::system_clock::time_point wall,
                               duration& held);
  plan decide(const request&, const std::vector<fault>&, std::chrono::system_clock::time_point wall);
  bool authorized(const request&) const;
  const ask* prediction_of(std::string_view path) const;
  plan predict(const request&, ask);
  void settle(ask&, const request&, std::chrono::system_clock::time_point wall);
  plan answer_line(std::string_view path, codec::json::value body, std::chrono::system_clock::time_point wall);
  cache_counts remembered(const request&, const codec::json::value& body, std::chrono::system_clock::time_point wall);

  settings settings_;
  std::vector<fault_rule> rules_;
  random_source random_;
  job_store jobs_;
  batch_store batches_;
  prompt_memory prompts_;
  std::uint64_t serial_ = 0;
  std::deque<ask> predictions_;                                // whose streams can still be requested
  std::optional<std::chrono::system_clock::time_point> woken_; // first request while scaled to zero
};

} // namespace weir::inline v0::sim
