// A key that is fixed, or issued by a callback and renewed.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <utility>

#include <weir/core/secret.hpp>
#include <weir/core/time.hpp>

WEIR_BEGIN_NAMESPACE

/// A key as a callback issues it.
class issued_key {
public:
  issued_key() = default;
  /// `valid_for`: from now on; by default until the provider refuses it.
  explicit issued_key(secret key, duration valid_for = duration::max()) : key_(std::move(key)), valid_for_(valid_for) {}

  const secret& key() const noexcept { return key_; }
  duration valid_for() const noexcept { return valid_for_; }

private:
  secret key_;
  duration valid_for_ = duration::max();
};

/// Where a key comes from: a secret, or a callback that issues one, such as a short-lived token of a cloud.
///
///     weir::key_source([] { return fetch_token(); })      // boost::asio::awaitable<weir::issued_key>
///
/// The callback is called when the first key is needed, before the key expires, and after the provider has refused it
/// with a 401: the request is then sent once more with the new key. However many calls wait, one callback runs at a
/// time, on the executor of one of them and beyond that call's own end; it must not be bound to another executor. A key
/// that is still valid is used if its renewal fails.
/// Errors, of the calls that need the key: errc::key_unavailable if the callback throws, takes longer than timeout(),
/// or issues an empty key; but errc::missing_key if it throws that, to say that there is none to be issued.
/// Object lifetimes: copies share the key and the callback; both live as long as the last copy, or the last call.
/// Thread safety: copies may be used concurrently, by several clients; the settings are for before the first use.
class key_source {
public:
  using function = std::function<boost::asio::awaitable<issued_key>()>;

  /// No key.
  key_source() = default;
  key_source(secret fixed) : fixed_(std::move(fixed)) {}
  explicit key_source(function issue);

  /// How long the callback may take. Default: 10 s.
  key_source&& timeout(duration v) &&;
  key_source& timeout(duration v) &;
  /// How long before its end a key is renewed; at most half of the time that it is valid for. Default: 1 minute.
  key_source&& renew_before(duration v) &&;
  key_source& renew_before(duration v) &;

  bool empty() const noexcept { return !issuer_ && fixed_.empty(); }
  explicit operator bool() const noexcept { return !empty(); }
  /// Whether a callback issues the key.
  bool issues() const noexcept { return static_cast<bool>(issuer_); }
  /// The key of a source without a callback, else the one that was issued last; empty if there is none yet.
  secret last() const;

  /// The key: the fixed one, the one that is valid, or a new one. `refused`: a key that the provider did not accept,
  /// which is replaced if it is still the current one; a callback that issues it again is not called again for a
  /// second. Cancellation: terminal; other calls go on waiting for the callback.
  boost::asio::awaitable<secret> get(secret refused = secret()) const;

private:
  class issuer;
  secret fixed_;
  std::shared_ptr<issuer> issuer_;
};

WEIR_END_NAMESPACE
