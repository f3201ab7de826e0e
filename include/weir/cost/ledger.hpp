// What was spent, attempt by attempt.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/core/time.hpp>
#include <weir/cost/prices.hpp>
#include <weir/cost/spend_subject.hpp>
#include <weir/detail/abi.hpp>
#include <weir/task/event.hpp>
#include <weir/task/usage.hpp>

WEIR_BEGIN_NAMESPACE

/// One attempt of a call at a provider. What a call cost is the sum over its attempts: retries, hedges that lost and
/// answers that broke off are charged too. Holds no prompt, no answer and no key.
struct ledger_entry {
  ledger_entry() = default;

  std::chrono::system_clock::time_point started{}; ///< The attempt.
  duration took{};
  std::string operation; ///< The OpenTelemetry name: `chat`, `text_completion`, `embeddings` …
  std::string provider;
  std::string model; ///< As it was requested of this provider.
  /// The target as the call had it, where that is called otherwise: what budgets count by.
  std::string target_provider, target_model;
  std::string model_answered; ///< As the response named it; empty if it did not.
  std::string key;            ///< The name of the credential; empty for the provider's usual one.
  std::string tenant;
  std::vector<std::pair<std::string, std::string>> tags;
  unsigned attempt = 1; ///< Within its call, from 1.
  bool first = true;    ///< No attempt of the call was sent before it.
  bool hedge = false;
  bool continuation = false;
  std::string request_id; ///< The provider's; empty if it sent none.

  weir::outcome outcome = weir::outcome::failed;
  std::string error;         ///< name_of() of the failure's code; empty for an answer that is complete.
  bool maybe_billed = false; ///< It broke off, or was cancelled, without a verdict of the provider's.
  std::string service_tier;  ///< As the response says.
  std::string speed;

  /// As reported; estimated where `usage.estimated`. Empty where nothing was charged.
  weir::usage usage;
  /// What a budget keeps for an attempt that may be billed: what was reserved for it. Empty for others.
  std::optional<money> held_cost;
  std::uint64_t held_tokens = 0;
  /// Its cost, or why there is none. An attempt that the provider refused cost nothing, which is not unpriced.
  weir::priced price;
  /// What the provider's prompt cache saved: the price of the cached tokens as plain input, less what they cost.
  std::optional<money> cache_saved;
};

/// Where attempts are entered. Called once for each attempt whose request was sent, when it has ended, however it
/// ended. Thread safety: called on the strands of all clients that share it, so it must be safe.
class ledger {
public:
  virtual ~ledger() = default;
  /// Inside the call: must not block for long.
  virtual void add(const ledger_entry& e) noexcept = 0;
  /// Whether entries can be written. While it is false, calls that would be entered fail with errc::not_saved before
  /// anything is sent, and `why` is in the message. Default: always.
  virtual bool ready(std::string& why) noexcept {
    (void)why;
    return true;
  }
};

/// The tokens of an entry, in and out; the largest number if there are more.
std::uint64_t tokens_of(const usage_units& u) noexcept;
/// Whom budgets and alerts count an entry for.
spend_subject subject_of(const ledger_entry& e);

/// A ledger that runs `f` for each entry. Exceptions of `f` are ignored.
std::shared_ptr<ledger> on_entry(std::function<void(const ledger_entry&)> f);
/// One that passes each entry to all of these. Ready when all are.
std::shared_ptr<ledger> ledgers(std::vector<std::shared_ptr<ledger>> all);

WEIR_END_NAMESPACE
