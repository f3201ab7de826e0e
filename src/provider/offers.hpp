// Which vendor offers which task, and how it is spoken: the table behind every call of a task but
// chat and text generation, whose routes are in the vendors' rows.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <weir/task/request.hpp>

#include "provider/dialect.hpp"
#include "provider/jobs/job.hpp"

namespace weir::inline v0::provider {

/// One task at one vendor. `{model}` in the path stands for the vendor's name of the model; the path
/// may be what only encode() can tell.
class offer {
public:
  using encoder = http::request(const task_request& ask, const route& to);
  using starter = std::unique_ptr<job_protocol>(const task_request& ask, const route& to);

  constexpr offer(task what, std::string_view path, encoder* encode, starter* start)
      : what(what), path(path), encode(encode), start(start) {}
  /// For vendors that fetch a URL themselves where bytes are wanted.
  constexpr offer fetches_urls() const {
    auto o = *this;
    o.urls = true;
    return o;
  }
  /// Another host than the vendor's, for direct calls.
  constexpr offer at(std::string_view other) const {
    auto o = *this;
    o.host = other;
    return o;
  }

  task what;
  std::string_view path;
  encoder* encode;
  starter* start;
  std::string_view host{};
  bool urls = false;
};

/// What a vendor has besides chat and text generation; empty for those that have nothing.
std::span<const offer> offers_of(std::string_view vendor) noexcept;
const offer* find_offer(std::string_view vendor, task what) noexcept;
/// At the vendor of a route. One that the program added has OpenAI's.
const offer* find_offer(const route& to, task what) noexcept;
/// Whether the vendor has the task, chat and text generation included.
bool offers(std::string_view vendor, task what) noexcept;

/// The request of a task. \throws weir::error errc::invalid_argument for a request that lacks what the
/// task needs, or has what the vendor cannot take; errc::unsupported if the vendor has no such task.
http::request encode_task(const task_request& ask, const route& to);
/// The course of the call that encode_task() begins.
std::unique_ptr<job_protocol> start_task(const task_request& ask, const route& to);
/// Whether inputs given as URLs must be fetched before encode_task().
bool needs_bytes(const task_request& ask, const route& to) noexcept;

// One line per vendor; each list is in the file of its dialect.
std::span<const offer> fal_offers() noexcept;
std::span<const offer> hf_offers() noexcept;
std::span<const offer> novita_offers() noexcept;
std::span<const offer> openai_offers() noexcept; ///< Of servers that are reached by their URL.
std::span<const offer> api_openai_offers() noexcept;
std::span<const offer> deepinfra_offers() noexcept;
std::span<const offer> scaleway_offers() noexcept;
std::span<const offer> nscale_offers() noexcept;
std::span<const offer> together_offers() noexcept;
std::span<const offer> replicate_offers() noexcept;
std::span<const offer> wavespeed_offers() noexcept;
std::span<const offer> zai_offers() noexcept;

} // namespace weir::inline v0::provider
