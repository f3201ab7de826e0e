// The vendors that a program adds to weir's own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/provider/vendor.hpp>

#include "provider/vendors.hpp"

namespace weir::inline v0::provider {

/// The rows of a client's own vendors, by name. Object lifetimes: a row may outlive it. Thread safety: immutable.
class added_vendors {
public:
  added_vendors() = default;
  /// \throws weir::error errc::invalid_configuration, as weir::vendor::check(), and for a name that is there twice.
  explicit added_vendors(const std::vector<weir::vendor>& all);

  /// nullptr if there is none of that name.
  std::shared_ptr<const vendor> find(std::string_view id) const;
  std::vector<std::string> names() const;

private:
  std::vector<std::shared_ptr<const vendor>> rows_;
};

/// The parameters of a URL's query, encoded.
std::string encode_query(const std::vector<std::pair<std::string, std::string>>& parameters);

/// What a key's header must have before it, where the user says nothing: `Bearer` in `authorization`, else nothing.
std::string_view usual_scheme(std::string_view key_header) noexcept;

/// \throws weir::error errc::invalid_configuration for a header that cannot hold a key, a scheme that is no word, and
/// parameters that may not be in a query, as `PATH.key_header: WHY` and so on.
void check_key_header(std::string_view path, std::string_view header);
void check_key_scheme(std::string_view path, std::string_view scheme);
void check_query(std::string_view path, const std::vector<std::pair<std::string, std::string>>& parameters);

} // namespace weir::inline v0::provider
