// What spending is attributed to.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <weir/detail/abi.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

/// Who spends, and where: what budgets and alerts tell apart.
class spend_subject {
public:
  using tag_list = std::vector<std::pair<std::string, std::string>>;

  spend_subject() = default;

  /// The name of the credential. Never the credential itself.
  WEIR_FIELD(spend_subject, std::string, key)
  WEIR_FIELD(spend_subject, std::string, provider)
  WEIR_FIELD(spend_subject, std::string, model)
  WEIR_FIELD(spend_subject, std::string, tenant)
  /// The user's own marks, such as team=search.
  spend_subject&& tag(std::string name, std::string value) && {
    return std::move(tag(std::move(name), std::move(value)));
  }
  spend_subject& tag(std::string name, std::string value) & {
    tags_.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  /// Replaces all of them.
  WEIR_FIELD(spend_subject, tag_list, tags)

private:
  std::string key_, provider_, model_, tenant_;
  tag_list tags_;
};

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
