// What the arguments of weir bench measure, and what they do with the result.
#include "tool/bench/bench_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <weir/task/target.hpp>

#include "tool/arguments/option_values.hpp"

namespace weir::inline v0::cli {

std::vector<named_target> bench_arguments::targets() const {
  std::vector<named_target> all;
  const auto settings = common.make();
  const auto wanted = [this](weir::options o) { return keep_policies_ ? o : bench_client_options(std::move(o)); };
  for (const auto& given : targets_) {
    named_target t;
    t.settings = settings;
    const auto sign = given.find('=');
    const bool named = sign != std::string::npos && given.find_first_of("/:") > sign;
    const auto place = named ? given.substr(sign + 1) : given;
    t.name = named ? given.substr(0, sign) : given;
    if (place.empty() || t.name.empty())
      refuse_value("--target", "PROVIDER/MODEL or a URL, with NAME= before it or without", given);
    if (place.find("://") != std::string::npos)
      t.settings.base_url(place);
    else {
      const target to(place);
      t.settings.provider(to.provider()).base_url({});
      if (!to.model().empty())
        t.settings.model(to.model());
    }
    t.settings = wanted(std::move(t.settings));
    for (const auto& other : all)
      if (other.name == t.name)
        throw error(errc::invalid_argument, fmt::format("two targets have the name {}: give them NAME=", t.name));
    all.push_back(std::move(t));
  }
  if (all.size() > 1 && searches())
    throw error(errc::invalid_argument, "--find-peak and --peak are about one target: give one --target");
  if (!turn_.empty() && all.size() < 2)
    throw error(errc::invalid_argument, "--turn needs several --target, which take turns");
  if (!all.empty())
    return all;
  named_target t;
  t.name = !settings.base_url().empty() ? settings.base_url() : settings.provider();
  if (!settings.model().empty())
    t.name += "/" + settings.model();
  t.settings = wanted(settings);
  all.push_back(std::move(t));
  return all;
}

std::vector<bench_check> bench_arguments::checks() const {
  std::vector<bench_check> all;
  for (const auto& text : fail_if_)
    all.push_back(value_of("--fail-if", [&text] { return bench_check(text); }));
  return all;
}

std::vector<std::pair<std::string, std::string>> bench_arguments::exports() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& given : exports_) {
    const auto sign = std::min(given.find('='), given.size());
    const auto form = given.substr(0, sign);
    if ((form != "vllm" && form != "aiperf") || sign + 1 >= given.size())
      refuse_value("--export", "vllm=FILE or aiperf=FILE", given);
    all.emplace_back(form, given.substr(sign + 1));
  }
  return all;
}

} // namespace weir::inline v0::cli
