// The retry quotas of all clients that share them.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/policy/retry.hpp>

#include "policy/bounded_registry.hpp"
#include "policy/recover/quota_core.hpp"

namespace weir::inline v0 {

/// A quota with its name.
class named_quota : public quota_core {
public:
  named_quota(std::string id, std::uint64_t capacity) : quota_core(capacity), id_(std::move(id)) {}
  const std::string& id() const noexcept { return id_; }
  bool idle() const noexcept { return available() == capacity(); }

private:
  const std::string id_;
};

/// One retry quota per origin and key (target::credential_id()). Thread safety: safe.
class quota_set {
public:
  explicit quota_set(std::size_t limit = 4096) : all_(limit) {}

  /// The capacity is that of the first caller.
  std::shared_ptr<named_quota> at(const std::string& id, std::uint64_t capacity) {
    return all_.at(id, [&] { return std::make_shared<named_quota>(id, capacity); });
  }

  std::vector<quota_state> inspect() const;

private:
  bounded_registry<named_quota> all_;
};

} // namespace weir::inline v0
