// Jobs of the simulated providers: what they share behind their protocols.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/json.hpp"
#include "sim/faults/fault.hpp"
#include "sim/plan.hpp"
#include "sim/server/request.hpp"
#include "sim/server/settings.hpp"

namespace weir::inline v0::sim {

using wall_time = std::chrono::system_clock::time_point;

/// What a job produces.
enum class product { image, mask, video, sound, speech_text };

/// The file of a product: small, valid, and always the same.
std::string job_file(product p);
/// The text of every simulated transcription.
inline constexpr std::string_view job_words = "A simulated transcription.";

enum class job_state { queued, running, done, failed, cancelled };

/// How long a job takes: a time, or a number of polls that find it unfinished.
class job_length {
public:
  job_length() = default;
  /// Reads `3` (polls) or `2s`. \throws weir::error errc::invalid_argument.
  static job_length parse(std::string_view text);
  duration time{};
  std::optional<std::uint64_t> polls;
  bool none() const noexcept { return polls ? *polls == 0 : time == duration(); }
};

class job {
public:
  job() = default;
  std::string id;
  std::string vendor;
  std::string model;
  product makes = product::image;
  wall_time begun;
  job_length length;
  std::vector<fault> faults;
  std::uint64_t polled = 0;
  bool cancelled = false;

  job_state state(wall_time now) const;
  const fault* has(fault_kind) const noexcept;
};

/// The jobs of a server, oldest first; beyond a thousand the oldest is dropped.
class job_store {
public:
  job& begin(job j);
  job* find(std::string_view id) noexcept;
  /// `[{"id": …, "vendor": …, "model": …, "state": …, "polls": …}]`
  codec::json::array list(wall_time now) const;

private:
  std::deque<job> jobs_;
  std::uint64_t begun_ = 0;
};

/// A request that may be about a job.
class job_ask {
public:
  job_ask(const request& r, const settings& how, const std::vector<fault>& faults, wall_time now, job_store& store);

  const request& incoming;
  wall_time now;
  job_store& store;
  std::string origin; ///< Of this server, as the client named it.

  bool is(std::string_view method, std::string_view end) const {
    return incoming.method == method && std::string_view(incoming.path).ends_with(end);
  }
  /// The path after the last `mark`; empty if it has none.
  std::string_view after(std::string_view mark) const noexcept;
  /// The body as an object. \throws weir::error errc::invalid_argument if it is not one.
  const codec::json::value& body() const;
  /// Starts a job as set by the request's `x-job` or the server's settings.
  job& begin(std::string_view vendor, std::string_view model, product makes) const;
  /// Where the server has the job's file.
  std::string file_url(const job& j) const;

private:
  const settings& how_;
  const std::vector<fault>& faults_;
  mutable std::optional<codec::json::value> body_;
};

/// A job that was polled: itself, or the response given instead.
class looked_up {
public:
  looked_up() = default;
  job* it = nullptr;
  job_state state = job_state::queued;
  std::optional<plan> refused;
};
/// Counts a poll of the job and applies its faults: lost, or polls refused for now.
looked_up look_up(const job_ask& ask, std::string_view id);
/// The same without counting.
looked_up peek(const job_ask& ask, std::string_view id);

/// Why a simulated job fails.
inline constexpr std::string_view job_failure_words = "Simulated failure of the job.";

/// What a model produces, judging by a word in its name.
product product_of(std::string_view model, product otherwise);

/// `GET /sim/jobs` and the files of jobs: without a key. Files refuse requests that carry one.
std::optional<plan> answer_open(const job_ask& ask);
/// A vendor's protocol, if the request belongs to one.
std::optional<plan> answer_job(const job_ask& ask);

// One file per group of vendors.
std::optional<plan> answer_fal(const job_ask& ask);
std::optional<plan> answer_replicate(const job_ask& ask);
std::optional<plan> answer_wavespeed(const job_ask& ask);
std::optional<plan> answer_videos(const job_ask& ask); ///< Novita and Together.
std::optional<plan> answer_zai(const job_ask& ask);

} // namespace weir::inline v0::sim
