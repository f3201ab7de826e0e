// Which entries of which lists are for a model.
#include <algorithm>
#include <array>

#include "cost/prices/book.hpp"
#include "cost/prices/providers.hpp"

namespace weir::inline v0 {

namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// `gpt-5.2-2025-12-11` of `gpt-5.2-20251211`; empty if it does not end so.
std::string with_dashed_date(std::string_view name) {
  constexpr std::size_t digits = 8;
  if (name.size() <= digits || name[name.size() - digits - 1] != '-')
    return {};
  const auto date = name.substr(name.size() - digits);
  if (!std::all_of(date.begin(), date.end(), is_digit) || !date.starts_with("20"))
    return {};
  std::string out(name.substr(0, name.size() - 4));
  return out.append("-").append(date.substr(4, 2)).append("-").append(date.substr(6));
}

void add(std::vector<std::string>& to, std::string name) {
  if (!name.empty() && std::find(to.begin(), to.end(), name) == to.end())
    to.push_back(std::move(name));
}

// The ways to write a name, the likeliest first.
void add_forms(std::vector<std::string>& to, std::string_view written) {
  const auto name = name_pattern::lower(written);
  add(to, name);
  for (const std::string_view folder : {"models/", "publishers/google/models/"})
    if (name.starts_with(folder))
      add(to, name.substr(folder.size()));
  // The router's `:cheapest` or `:groq`, OpenAI's `ft:gpt-4o-mini:…` and the like end otherwise.
  if (const auto colon = name.rfind(':'); colon != std::string::npos && !name.starts_with("ft:"))
    for (const std::string_view choice : {":fastest", ":cheapest", ":preferred"})
      if (std::string_view(name).substr(colon) == choice)
        add(to, name.substr(0, colon));
  add(to, with_dashed_date(name));
}

} // namespace

std::vector<found_entry> find_entries(const std::vector<price_source>& sources, const model_names& names) {
  auto provider = canonical_provider(names.provider);
  auto model = names.model;
  // With the router in front, the name may say who serves it.
  if (const auto colon = model.rfind(':'); provider == "auto" && colon != std::string_view::npos) {
    provider = canonical_provider(model.substr(colon + 1));
    model = model.substr(0, colon);
  }
  std::vector<std::string> forms;
  add_forms(forms, names.answered);
  add_forms(forms, model);
  std::vector<found_entry> found;
  for (const auto& source : sources) {
    const auto& table = source.table();
    const auto look = [&](auto find) {
      const price_entry* entry = nullptr;
      for (const auto& form : forms)
        if (entry = find(form); entry)
          break;
      return entry;
    };
    const auto* entry = look([&](const std::string& form) { return table->named(provider, form); });
    if (!entry)
      entry = look([&](const std::string& form) { return table->find(provider, form); });
    if (entry)
      found.emplace_back(table, entry);
  }
  return found;
}

} // namespace weir::inline v0
