// HTTP messages as values: what a provider builds and reads, without a socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/core/secret.hpp>
#include <weir/net/stream.hpp>

namespace weir::inline v0::http {

/// Header fields in order; names compare without case.
class fields {
public:
  void add(std::string name, std::string value) { list_.emplace_back(std::move(name), std::move(value)); }
  /// Replaces every field of that name.
  void set(std::string name, std::string value);
  void erase(std::string_view name);
  /// The first field of that name; empty if absent (see has()).
  std::string_view get(std::string_view name) const noexcept;
  bool has(std::string_view name) const noexcept;
  std::size_t size() const noexcept { return list_.size(); }
  auto begin() const noexcept { return list_.begin(); }
  auto end() const noexcept { return list_.end(); }

private:
  std::vector<std::pair<std::string, std::string>> list_;
};

bool equal_names(std::string_view a, std::string_view b) noexcept;

/// Whether a text can be a field's name, and its value.
bool is_field_name(std::string_view text) noexcept;
bool is_field_value(std::string_view text) noexcept;
/// Whether a field decides on framing, routing or the connection, or is the usual place of a key: not for users.
bool is_reserved(std::string_view name) noexcept;

/// Whether a field of this name usually holds a credential: `authorization`, `x-auth-token`, `cookie`.
bool names_key(std::string_view name) noexcept;

/// A credential header. The writer refuses it (errc::insecure) unless the secret's
/// origin is the connection's.
class credential {
public:
  credential() = default;
  credential(std::string header, std::string scheme, secret key)
      : header(std::move(header)), scheme(std::move(scheme)), key(std::move(key)) {}
  std::string header = "authorization";
  std::string scheme = "Bearer"; ///< Empty: the value is the key alone.
  secret key;
};

/// A request. Host, content-length, authorization and connection are set by the writer.
class request {
public:
  request() = default;
  std::string method = "POST";
  net::origin to;
  std::string target = "/"; ///< Path and query.
  fields headers;
  std::optional<credential> auth;
  std::string body;
};

class response_head {
public:
  response_head() = default;
  int status = 0;
  bool keep_alive = false;
  fields headers;
};

} // namespace weir::inline v0::http
