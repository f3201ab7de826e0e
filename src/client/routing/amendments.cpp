#include "client/routing/amendments.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::inline v0 {

using provider::limit_name;

namespace {

std::string place_of(const provider::route& to) { return to.to.text() + ' ' + to.provider + ' ' + to.model; }

// Whether it is the name that is refused, and not the number.
bool refuses_name(std::string_view words) {
  constexpr std::array marks{"nrecognized", "nsupported", "nknown",    "not supported", "not permitted",
                             "not allowed", "nexpected",  "dditional", "xtra ",         "instead"};
  return std::any_of(marks.begin(), marks.end(), [&](const char* m) { return words.find(m) != words.npos; });
}

// Of what a request says about the prompt cache, the part that the refusal is about. Its lifetime first: an API that
// takes marks may take none that long.
bool* refused_of_caching(provider::refused_caching& known, std::string_view words) {
  const auto names = [words](std::string_view member) { return words.find(member) != words.npos; };
  const bool mark = names("cache_control") || names("prompt_cache_breakpoint");
  // But not that of one request's marks after one another: Anthropic wants the longer ones first.
  if (names("prompt_cache_retention") || (mark && names("ttl") && !names(" after ")))
    return &known.lifetime;
  if (!refuses_name(words))
    return nullptr;
  return mark ? &known.marks : names("prompt_cache_key") ? &known.conversation : nullptr;
}

} // namespace

bool amend(provider::route& to, const failure& why, const std::function<http::request()>& refused) {
  if (why.status() != 400 && why.status() != 422)
    return false;
  const auto names = [&why](const char* member) { return why.remote().find(member) != std::string::npos; };
  const bool usage = names("stream_options") || names("include_usage");
  const bool limit = names("max_completion_tokens");
  if (bool* part = refused_of_caching(to.caching, why.remote()); part && !*part) {
    const auto sent = refused().body;
    *part = true;
    // What the user wrote into the request stays there, and is refused again.
    return *part = refused().body != sent;
  }
  if (!usage && !limit)
    return false;
  const auto body = refused().body;
  const auto sent = [&body](const char* member) {
    return body.find('"' + std::string(member) + "\":") != std::string::npos;
  };
  bool changed = false;
  if (usage && sent("stream_options"))
    changed = !std::exchange(to.without_usage, true);
  if (!limit)
    return changed;
  if (sent("max_tokens"))
    changed = std::exchange(to.limit, limit_name::completion_tokens) != limit_name::completion_tokens || changed;
  else if (sent("max_completion_tokens") && refuses_name(why.remote()))
    changed = std::exchange(to.limit, limit_name::tokens) != limit_name::tokens || changed;
  return changed;
}

provider::route_ptr known_amendments::apply(provider::route_ptr to) {
  const auto* known = all_.size() == 0 ? nullptr : all_.find(place_of(*to));
  if (!known)
    return to;
  auto other = std::make_shared<provider::route>(*to);
  other->without_usage = known->without_usage;
  other->caching = known->caching;
  if (known->limit != limit_name::as_given)
    other->limit = known->limit;
  return other;
}

void known_amendments::keep(const provider::route& to) {
  auto& known = all_.at(place_of(to));
  known.without_usage = to.without_usage;
  known.limit = to.limit;
  known.caching = to.caching;
}

} // namespace weir::inline v0
