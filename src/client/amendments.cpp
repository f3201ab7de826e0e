#include "client/amendments.hpp"

namespace weir {

namespace {

constexpr std::size_t most_places = 256;

std::string place_of(const provider::route& to) { return to.to.text() + ' ' + to.provider + ' ' + to.model; }

} // namespace

bool amend(provider::route& to, const failure& why, const std::function<http::request()>& refused) {
  if (why.status() != 400 && why.status() != 422)
    return false;
  const auto names = [&why](const char* member) { return why.remote().find(member) != std::string::npos; };
  bool usage = names("stream_options") || names("include_usage");
  bool limit = names("max_completion_tokens");
  if (!usage && !limit)
    return false;
  const auto body = refused().body;
  usage = usage && body.find("\"stream_options\":") != body.npos;
  limit = limit && body.find("\"max_tokens\":") != body.npos;
  const bool more = (usage && !to.without_usage) || (limit && !to.completion_limit);
  to.without_usage = to.without_usage || usage;
  to.completion_limit = to.completion_limit || limit;
  return more;
}

void known_amendments::apply(provider::route& to) const {
  const auto it = all_.find(place_of(to));
  if (it == all_.end())
    return;
  to.without_usage = it->second.without_usage;
  to.completion_limit = to.completion_limit || it->second.completion_limit;
}

void known_amendments::keep(const provider::route& to) {
  if (all_.size() >= most_places)
    all_.erase(all_.begin());
  auto& known = all_[place_of(to)];
  known.without_usage = to.without_usage;
  known.completion_limit = to.completion_limit;
}

} // namespace weir
