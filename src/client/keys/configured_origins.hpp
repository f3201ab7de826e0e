// Where a client was set up to go.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <weir/client/options.hpp>
#include <weir/net/stream.hpp>

#include "provider/added_vendors.hpp"

namespace weir::inline v0 {

/// The origins that a client's options name: by URL, or as the hosts of a provider. Keys, headers and the client
/// certificate are for these; a request, which may be written by a server's own users, adds none.
/// Thread safety: immutable.
class configured_origins {
public:
  /// \throws weir::error errc::invalid_configuration for vendors, or settings of an own server, that cannot be used.
  explicit configured_origins(const options& o);

  bool has(const net::origin& to) const { return texts_.contains(to.text()); }
  /// The same for a URL. \throws weir::error errc::malformed_url.
  bool has_url(std::string_view url) const;
  const std::vector<net::origin>& all() const noexcept { return all_; }
  const provider::added_vendors& vendors() const noexcept { return vendors_; }

private:
  void add(const net::origin& to);
  void add_url(std::string_view url);
  void add_target(const target& to);

  provider::added_vendors vendors_;
  std::vector<net::origin> all_;
  std::set<std::string> texts_;
};

} // namespace weir::inline v0
