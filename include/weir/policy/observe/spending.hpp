// Observers that are also told what calls cost.
#pragma once

#include <string_view>

#include <weir/detail/abi.hpp>

WEIR_BEGIN_NAMESPACE

/// An observer that is one of these as well is told what attempts cost, once they have been priced.
///
/// `key` is the name of the credential, never the credential; `tier` is what the provider served the call as (`flex`,
/// `priority` …), empty where it does not say so. Amounts are for show: the ledger has the exact ones.
/// The functions run inside the call: they must not block. Thread safety: as of observer.
class spending_observer {
public:
  virtual ~spending_observer() = default;
  virtual void spent(std::string_view provider, std::string_view model, std::string_view key, std::string_view tier,
                     std::string_view currency, double amount) noexcept = 0;
  /// An attempt that was, or may have been, charged for, and for which no price is known.
  virtual void unpriced(std::string_view provider, std::string_view model) noexcept = 0;
};

WEIR_END_NAMESPACE
