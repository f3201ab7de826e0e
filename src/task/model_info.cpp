#include <weir/task/catalog/model_info.hpp>

#include <algorithm>

namespace weir::inline v0 {

std::optional<double> token_price::cost(const usage& u) const {
  if (u.cost)
    return u.cost;
  if (!input || !output || !u.prompt_tokens || !u.completion_tokens)
    return std::nullopt;
  constexpr double million = 1e6;
  return (*input * static_cast<double>(*u.prompt_tokens) + *output * static_cast<double>(*u.completion_tokens)) /
         million;
}

std::optional<double> model_provider::cost(const usage& u) const {
  return !u.cost && is_free.value_or(false) ? std::optional(0.0) : price.cost(u);
}

const model_provider* model_info::provider(std::string_view id) const noexcept {
  const auto it = std::find_if(providers.begin(), providers.end(), [id](const auto& p) { return p.id == id; });
  return it == providers.end() ? nullptr : &*it;
}

std::optional<double> model_info::cost(const usage& u, std::string_view id) const {
  if (id.empty())
    return price.cost(u);
  const auto* p = provider(id);
  return p ? p->cost(u) : u.cost;
}

} // namespace weir::inline v0
