// What one request wants apart from its client's options.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/core/key_source.hpp>
#include <weir/core/scope.hpp>
#include <weir/core/time.hpp>
#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// What one request wants of the client's response cache.
enum class cache_use : std::uint8_t {
  normal,  ///< An answer that is there and young enough is used; a new one is kept.
  bypass,  ///< As without a cache: neither read nor written, and not shared with other calls.
  refresh, ///< Not read; the new answer replaces what is there.
  only,    ///< Only what is there: errc::not_found otherwise, and nothing is sent.
};

/// The options of one request, such as a tenant's key, its deadline and how often it is tried. What is not set is the
/// client's.
///
///     weir::chat(model).user(text).options(weir::call_options().key(tenant.key, tenant.id).deadline(20s))
class call_options {
public:
  call_options() = default;

  /// The key of this call. It goes to the client's own provider or base_url and nowhere else: a fallback or route to
  /// another one uses that one's key, as if this were not set, and a key pool is not used. `name` is what records,
  /// limits, quotas and circuits know the key by, so that one tenant's trouble is not another's; empty: a name made
  /// from the key, which is the same for the life of the process and does not tell the key.
  call_options&& key(key_source k, std::string name = {}) && { return std::move(key(std::move(k), std::move(name))); }
  call_options& key(key_source k, std::string name = {}) &;
  const key_source& key() const noexcept { return key_; }
  /// Empty without a key.
  const std::string& key_name() const noexcept { return key_name_; }

  /// A further header of this request; it replaces the client's of the same name. Goes where the client's headers go.
  /// Not for keys.
  call_options&& header(std::string name, std::string value) && {
    return std::move(header(std::move(name), std::move(value)));
  }
  call_options& header(std::string name, std::string value) & {
    headers_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  const std::vector<std::pair<std::string, std::string>>& headers() const noexcept { return headers_; }

  /// Tries in all, the first one included; see retry::attempts(). At least 1.
  WEIR_OPTIONAL(call_options, unsigned, attempts)
  /// From the start of the call to its last byte; zero: only the ambient deadline applies.
  WEIR_OPTIONAL(call_options, duration, deadline)
  /// From sending to the first token; zero: no limit.
  WEIR_OPTIONAL(call_options, duration, first_token_timeout)
  /// Between two tokens, while the caller waits for one; zero: no limit.
  WEIR_OPTIONAL(call_options, duration, inter_token_timeout)
  /// Whom limits serve first; otherwise the ambient one (at_priority()).
  WEIR_OPTIONAL(call_options, weir::priority, priority)

  /// What the client's response cache may do for this request. Default: cache_use::normal.
  WEIR_OPTIONAL(call_options, cache_use, cache)
  /// Cached answers older than this are not used; zero: only those of calls that are still in flight.
  WEIR_OPTIONAL(call_options, duration, cache_max_age)
  /// Whom the call is for: cached answers and budgets are kept apart by tenant. Nothing is sent.
  WEIR_FIELD(call_options, std::string, tenant)

  /// A label of the call, for its record and its line in the log: `tag("team", "search")`. Nothing is sent.
  call_options&& tag(std::string name, std::string value) && {
    return std::move(tag(std::move(name), std::move(value)));
  }
  call_options& tag(std::string name, std::string value) & {
    tags_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  const std::vector<std::pair<std::string, std::string>>& tags() const noexcept { return tags_; }

  /// \throws weir::error errc::invalid_argument, naming the wrong option.
  void check() const;

private:
  key_source key_;
  std::string key_name_;
  std::vector<std::pair<std::string, std::string>> headers_, tags_;
  std::optional<unsigned> attempts_;
  std::optional<duration> deadline_, first_token_timeout_, inter_token_timeout_;
  std::optional<weir::priority> priority_;
  std::optional<cache_use> cache_;
  std::optional<duration> cache_max_age_;
  std::string tenant_;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
