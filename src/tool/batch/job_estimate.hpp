// What a job would be, before anything is sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include <weir/batch/input.hpp>
#include <weir/client/options.hpp>
#include <weir/cost/money.hpp>

namespace weir::inline v0::cli {

/// Items, tokens and cost of what an input holds.
class job_estimate {
public:
  job_estimate() = default;
  /// In lines, for people.
  std::string text() const;
  /// An object in a line, for programs.
  std::string json() const;

  batch_input_check found;     ///< What is to be asked.
  std::string journal;         ///< That of earlier runs; empty if there is none.
  std::uint64_t kept = 0;      ///< Items that it has the answers of.
  std::uint64_t changed = 0;   ///< Items that it has answers of to other requests; to be asked, if they are forced.
  std::uint64_t submitted = 0; ///< Items in batches at the provider; counted as those to be asked.
  std::map<std::string, std::uint64_t> models; ///< With the client's model where items name none.
  std::uint64_t input_tokens = 0, output_tokens = 0;
  bool limited = false; ///< All answers have a limit: `output_tokens` is the most there can be.
  bool has_prices = false;
  bool batch = false;                ///< At the prices of a provider's batches.
  std::map<std::string, money> cost; ///< By currency.
  std::uint64_t unpriced = 0;        ///< Items.
};

/// \p batch: at the prices of a provider's batches.
job_estimate estimate_of(batch_input_check found, const options& o, std::chrono::system_clock::time_point now,
                         bool batch = false);

} // namespace weir::inline v0::cli
