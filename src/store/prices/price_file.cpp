#include <weir/store/price_file.hpp>

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <algorithm>
#include <memory>

#include "core/regular_file.hpp"
#include "store/prices/formats.hpp"

namespace weir::inline v0 {

namespace {

using namespace price_lists;

[[noreturn]] void refuse(const std::string& name, std::string_view what) {
  throw error(errc::invalid_configuration, name + ": " + std::string(what));
}

struct format {
  void (*read)(const field& root, price_reader& to);
  price_rank rank;
};

// Whether one of the first elements or members has a member of that name.
bool some_have(const field& in, std::string_view key) {
  constexpr int enough = 20;
  int seen = 0;
  for (const auto v : in.value()) {
    if (v.find(key))
      return true;
    if (++seen == enough)
      break;
  }
  return false;
}

std::optional<format> recognise(const field& root) {
  if (root.is_array() && some_have(root, "models"))
    return format(read_genai_prices, price_rank::reference);
  if (!root.is_object())
    return std::nullopt;
  if (const auto prices = member(root, "prices"); prices && prices->is_array())
    return format(read_own_prices, price_rank::own);
  if (const auto data = member(root, "data"); data && data->is_array()) {
    if (some_have(*data, "providers"))
      return format(read_router_prices, price_rank::live);
    if (some_have(*data, "pricing"))
      return format(read_openrouter_prices, price_rank::live);
  }
  if (const auto providers = member(root, "providers"); providers && providers->is_array())
    return format(read_genai_prices, price_rank::reference);
  if (some_have(root, "litellm_provider"))
    return format(read_litellm_prices, price_rank::reference);
  if (some_have(root, "models"))
    return format(read_models_dev_prices, price_rank::reference);
  return std::nullopt;
}

std::string place(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(before.size() - (before.rfind('\n') + 1) + 1);
}

std::string read_file(const std::string& path, std::size_t max_bytes) {
  std::string why;
  const auto file = open_regular_file(path, why);
  if (!file)
    refuse(path, why);
  std::string text;
  for (;;) {
    constexpr std::size_t step = std::size_t{1} << 18;
    const auto had = text.size();
    text.resize(had + step);
    const auto n = ::read(file.get(), text.data() + had, step);
    if (n < 0 && errno != EINTR)
      refuse(path, "cannot be read: " + std::string(std::strerror(errno)));
    text.resize(had + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n == 0)
      return text;
    if (text.size() > max_bytes)
      refuse(path, "is larger than " + std::to_string(max_bytes) + " bytes");
  }
}

} // namespace

price_source parse_prices(std::string_view text, std::string name, const price_file_options& how) {
  if (text.size() > how.max_bytes())
    refuse(name, "is larger than " + std::to_string(how.max_bytes()) + " bytes");
  error_code ec;
  codec::json_problem problem;
  const codec::text_document document(text, ec, problem);
  if (ec)
    refuse(name, "is not JSON: " + place(text, problem.offset) + ": " + problem.reason);
  const field root(document.root());
  const auto found = recognise(root);
  if (!found)
    refuse(name, "is not a price list: neither weir's own, with a list \"prices\", nor one of a known format");
  const bool own = found->rank == price_rank::own;
  const bool strict = how.on_mistake() == price_file_options::mistakes::refuse ||
                      (how.on_mistake() == price_file_options::mistakes::by_format && own);
  price_reader reader(std::move(name), strict);
  found->read(root, reader);
  return price_source(std::make_shared<const price_table>(std::move(reader.table)), found->rank,
                      std::move(reader.warnings));
}

price_source read_prices(const std::string& path, const price_file_options& how) {
  return parse_prices(read_file(path, how.max_bytes()), path, how);
}

} // namespace weir::inline v0
