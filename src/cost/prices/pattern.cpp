#include "cost/prices/pattern.hpp"

#include <algorithm>
#include <regex>
#include <utility>

#include "core/ascii.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::size_t longest_expression = 500;
constexpr std::size_t longest_name = 300;

bool fits_glob(std::string_view pattern, std::string_view name) noexcept {
  // Where to go on after the last star, if what follows it does not fit here.
  auto star = std::string_view::npos;
  std::size_t resume = 0, p = 0, n = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

} // namespace

class name_pattern::expression {
public:
  explicit expression(const std::string& text) : compiled_(text, flags()) {}
  bool found_in(std::string_view name) const { return std::regex_search(name.begin(), name.end(), compiled_); }

private:
  static std::regex::flag_type flags() {
    auto f = std::regex::ECMAScript;
#if defined(__GLIBCXX__)
    // Never exponential time; back references are refused.
    f |= std::regex_constants::__polynomial;
#endif
    return f;
  }
  std::regex compiled_;
};

std::string name_pattern::lower(std::string_view text) { return to_lower(text); }

std::optional<name_pattern> name_pattern::make(kind k, std::string_view text) {
  name_pattern p;
  p.kind_ = k;
  if (k != kind::regex) {
    p.text_ = name_pattern::lower(text);
    return p;
  }
  if (text.size() > longest_expression)
    return std::nullopt;
  try {
    p.expression_ = std::make_shared<const expression>(std::string(text));
  } catch (const std::regex_error&) {
    return std::nullopt;
  }
  return p;
}

name_pattern name_pattern::of(kind k, std::vector<name_pattern> parts) {
  name_pattern p;
  p.kind_ = k;
  p.parts_ = std::move(parts);
  return p;
}

bool name_pattern::fits(std::string_view name) const {
  const auto part_fits = [&](const name_pattern& p) { return p.fits(name); };
  switch (kind_) {
  case kind::never: return false;
  case kind::equals: return name == text_;
  case kind::starts_with: return name.starts_with(text_);
  case kind::ends_with: return name.ends_with(text_);
  case kind::contains: return name.find(text_) != std::string_view::npos;
  case kind::glob: return fits_glob(text_, name);
  case kind::regex: return name.size() <= longest_name && expression_->found_in(name);
  case kind::any_of: return std::any_of(parts_.begin(), parts_.end(), part_fits);
  case kind::all_of: return !parts_.empty() && std::all_of(parts_.begin(), parts_.end(), part_fits);
  }
  return false;
}

bool name_pattern::names(std::vector<std::string>& to) const {
  if (kind_ == kind::equals) {
    to.push_back(text_);
    return true;
  }
  return kind_ == kind::any_of &&
         std::all_of(parts_.begin(), parts_.end(), [&](const name_pattern& p) { return p.names(to); });
}

} // namespace weir::inline v0
