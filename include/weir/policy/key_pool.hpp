// Several keys for one provider.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// Which of a provider's keys a call uses, and when it switches to another one.
///
///     weir::key_pool().keys("groq", {"groq-a", "groq-b"})
///
/// A throttled key is suspended for as long as the provider says (pause() if it does not); one that is rejected or
/// out of quota, for disabled_for(); one that may not use a model, for that model only. The call moves on to the next
/// key at once, within the same try, each key at most once. When none is left it fails with the failure of the key that
/// will be usable first, and the wait until then. Calls whose target names a key keep that key.
class key_pool {
public:
  enum class order : std::uint8_t {
    round_robin,              ///< In turn.
    least_recently_throttled, ///< The key whose last 429 is longest ago; round robin among equals.
  };

  key_pool() = default;

  /// The credentials of a provider, by name: see credentials. Never the credentials themselves.
  key_pool&& keys(std::string provider, std::vector<std::string> names) && {
    return std::move(keys(std::move(provider), std::move(names)));
  }
  key_pool& keys(std::string provider, std::vector<std::string> names) & {
    keys_[std::move(provider)] = std::move(names);
    return *this;
  }
  const std::map<std::string, std::vector<std::string>>& keys() const noexcept { return keys_; }

  /// Default: round_robin.
  WEIR_VALUE(key_pool, order, by)
  /// How long a throttled key is suspended if the provider sent no retry-after. Default: 5 s.
  WEIR_VALUE(key_pool, duration, pause)
  /// How long a key that was not accepted is suspended. Default: 10 minutes.
  WEIR_VALUE(key_pool, duration, disabled_for)

  /// \throws weir::error errc::invalid_configuration naming the field below `path`.
  void check(std::string_view path) const;

private:
  std::map<std::string, std::vector<std::string>> keys_;
  order by_ = order::round_robin;
  duration pause_ = std::chrono::seconds(5);
  duration disabled_for_ = std::chrono::minutes(10);
};

/// The state of one key.
struct key_state {
  key_state() = default;
  std::string provider;
  std::string name; ///< Of the credential; never the credential.
  bool usable = true;
  duration rest{}; ///< How long it stays suspended.
  error_code why;  ///< Why it is suspended, or last was.
  std::uint64_t picked = 0;
  std::uint64_t suspended = 0; ///< How often it was suspended.
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
