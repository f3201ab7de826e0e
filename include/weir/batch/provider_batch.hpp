// Jobs by the providers' own batch APIs: half the price, for answers within a day.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// How a job is submitted to a provider's batch API.
///
///     weir::provider_batch_options().window(std::chrono::hours(24)).parts_at_once(2)
///
/// A job is split into parts, each of which is a batch at the provider. What each part has come to is in the journal,
/// before anything is sent that costs money: a job that was interrupted at any point is resumed by running it again, on
/// another day too, and no part is created twice. Lines that a batch leaves without an answer go into a later part.
/// Prices: those of the price list's variant `batch`.
class provider_batch_options {
public:
  provider_batch_options() = default;

  /// Whose API the server speaks: `openai`, `anthropic`, `gemini`, `mistral`, `together`, `fireworks`, `xai`,
  /// `openrouter`. Default: the provider's or the host's own, and OpenAI's for any other server.
  WEIR_FIELD(provider_batch_options, std::string, api)
  /// The id of the key's account, which is a part of Fireworks' paths.
  WEIR_FIELD(provider_batch_options, std::string, account)
  /// Within what time the provider is to be done, as far as it lets one choose. Default: its usual one, mostly 24 h.
  WEIR_VALUE(provider_batch_options, std::chrono::hours, window)
  /// Batches at the provider at once; further ones wait. At least 1. Default: 4.
  WEIR_VALUE(provider_batch_options, std::size_t, parts_at_once)
  /// Lines, bytes and estimated tokens of a part, where less than the provider takes is wanted; 0: what it takes. A
  /// part is held in memory twice while it is sent, one part at a time. Defaults: 0, 64 MiB, 0.
  WEIR_VALUE(provider_batch_options, std::uint64_t, max_lines)
  WEIR_VALUE(provider_batch_options, std::uint64_t, max_bytes)
  WEIR_VALUE(provider_batch_options, std::uint64_t, max_tokens)
  /// How often a request goes into a part at most, within one run: a line is submitted again if its batch ended before
  /// its turn, or if it failed for a reason that may pass. At least 1. Default: 3.
  WEIR_VALUE(provider_batch_options, unsigned, rounds)
  /// Leaves the uploaded files at the provider. Default: false, they are removed once the part is settled.
  WEIR_VALUE(provider_batch_options, bool, keep_input)
  /// Leaves the results at the provider. Default: true.
  WEIR_VALUE(provider_batch_options, bool, keep_output)
  /// The first wait between two looks at a batch, which is doubled up to a minute, and the longest one, which is
  /// reached with the batch's age. Defaults: 5 s, 5 min.
  WEIR_VALUE(provider_batch_options, duration, first_poll)
  WEIR_VALUE(provider_batch_options, duration, longest_poll)
  /// Failures in a row of a part's requests, after which the job ends; another run resumes it. Default: 200, which are
  /// about three hours.
  WEIR_VALUE(provider_batch_options, unsigned, max_failures)

private:
  std::string api_, account_;
  std::chrono::hours window_{0};
  std::size_t parts_at_once_ = 4;
  std::uint64_t max_lines_ = 0, max_bytes_ = std::uint64_t{64} << 20, max_tokens_ = 0;
  unsigned rounds_ = 3;
  bool keep_input_ = false, keep_output_ = true;
  duration first_poll_ = std::chrono::seconds(5), longest_poll_ = std::chrono::minutes(5);
  unsigned max_failures_ = 200;
};

/// One part, as it stands.
struct provider_part {
  provider_part() = default;
  std::string name;  ///< In the journal and in the names of files.
  std::string batch; ///< The provider's id; empty before there is one.
  std::string state; ///< What it does, for people: `submitting`, `running`, `waiting for room`, `fetching` …
  std::uint64_t lines = 0;
  std::optional<std::uint64_t> completed, failed; ///< Where the provider tells.
  duration age{};                                 ///< Since the batch was created.
};

/// How far a job is at the provider.
struct provider_progress {
  provider_progress() = default;
  std::vector<provider_part> parts; ///< Those that are not over.
  std::uint64_t parts_over = 0;
  std::uint64_t submitted = 0; ///< Lines in those parts, of this run and earlier ones.
  std::uint64_t delivered = 0; ///< Results of this run.
  std::uint64_t missing = 0;   ///< Lines that a batch left without an answer, this run; most are in a later part.
  std::uint64_t unknown = 0;   ///< Lines of results that are nobody's, or cannot be read.
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
