#include "provider/response/rate_limits.hpp"

#include <algorithm>
#include <charconv>

#include "core/ascii.hpp"

namespace weir::inline v0::provider {

namespace {

using namespace std::chrono_literals;

using bucket = rate_limit_status::bucket;

// Removes a prefix, ignoring case.
bool take(std::string_view& s, std::string_view prefix) noexcept {
  if (s.size() < prefix.size() || !http::equal_names(s.substr(0, prefix.size()), prefix))
    return false;
  s.remove_prefix(prefix.size());
  return true;
}

std::string_view trim(std::string_view s) noexcept {
  const auto first = s.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

// The count that a value begins with: `100`, and `100, 100;w=60` of an old draft. No sign: Azure's -1 is not a count.
std::optional<std::uint64_t> count(std::string_view text) noexcept {
  text = trim(text);
  std::uint64_t value = 0;
  const auto end = text.data() + text.size();
  const auto [stop, ec] = std::from_chars(text.data(), end, value);
  if (ec != std::errc() || (stop != end && *stop != ',' && *stop != ';'))
    return std::nullopt;
  return value;
}

enum class field { none, limit, remaining, reset };

field take_field(std::string_view& name) noexcept {
  return take(name, "limit")       ? field::limit
         : take(name, "remaining") ? field::remaining
         : take(name, "reset")     ? field::reset
                                   : field::none;
}

// The limits reported for one counted thing, and how specific the header that reported them was.
class found {
public:
  bucket told;
  int rank = 0;
};

class reader {
public:
  reader(std::optional<wall_time> now) noexcept : now_(now) {}

  void read(std::string_view name, std::string_view value) noexcept {
    if (take(name, "x-ratelimit-"))
      with_suffix(name, value);
    else if (take(name, "anthropic-ratelimit-"))
      anthropic(name, value);
    else if (take(name, "ratelimit"))
      ietf(name, value);
  }

  rate_limit_status result(std::string_view vendor) noexcept {
    rate_limit_status out;
    out.requests = believable(requests_.told);
    out.tokens = believable(tokens_.told);
    if (vendor == "groq" && !out.requests.empty() && !out.requests.window)
      out.requests.window = 24h;
    return out;
  }

private:
  // `limit-requests`, `remaining-tokens-minute`, `reset`.
  void with_suffix(std::string_view name, std::string_view value) noexcept {
    const auto which = take_field(name);
    if (which == field::none)
      return;
    if (name.empty())
      return put(requests_, 1, which, value, std::nullopt);
    auto* counted = take(name, "-requests") ? &requests_ : take(name, "-tokens") ? &tokens_ : nullptr;
    if (!counted)
      return;
    if (name.empty())
      put(*counted, 3, which, value, std::nullopt);
    else if (http::equal_names(name, "-minute"))
      put(*counted, 4, which, value, 1min);
    else if (http::equal_names(name, "-hour"))
      put(*counted, 2, which, value, 1h);
    else if (http::equal_names(name, "-day"))
      put(*counted, 2, which, value, 24h);
  }

  // `requests-limit`, `input-tokens-reset`. `tokens` holds the tightest of all kinds of tokens.
  void anthropic(std::string_view name, std::string_view value) noexcept {
    found* counted = nullptr;
    int rank = 3;
    if (take(name, "requests-"))
      counted = &requests_;
    else if (take(name, "tokens-"))
      counted = &tokens_;
    else if (take(name, "input-tokens-")) {
      counted = &tokens_;
      rank = 2;
    }
    const auto which = take_field(name);
    if (counted && which != field::none && name.empty())
      put(*counted, rank, which, value, 1min);
  }

  void ietf(std::string_view name, std::string_view value) noexcept {
    if (name.empty())
      return structured(value);
    if (http::equal_names(name, "-policy"))
      return policy(value);
    if (!take(name, "-"))
      return;
    const auto which = take_field(name);
    if (which != field::none && name.empty())
      put(requests_, 1, which, value, std::nullopt);
  }

  // `"api";r=999;t=295`, of several items the one with the least remaining; or `limit=100, remaining=5, reset=3`.
  void structured(std::string_view value) noexcept {
    bucket least;
    while (!value.empty()) {
      bucket item;
      auto text = next(value, ',');
      while (!text.empty()) {
        auto part = trim(next(text, ';'));
        if (take(part, "r=") || take(part, "remaining="))
          item.remaining = count(part);
        else if (take(part, "t=") || take(part, "reset="))
          item.reset = parse_count(part, 1s);
        else if (take(part, "limit="))
          item.limit = count(part);
      }
      if (item.remaining && (!least.remaining || *item.remaining < *least.remaining)) {
        least.remaining = item.remaining;
        least.reset = item.reset;
      } else if (!item.remaining && item.reset) {
        least.reset = item.reset;
      }
      if (item.limit)
        least.limit = item.limit;
    }
    merge(requests_, 2, least);
  }

  // `"fixed window";"api";q=1000;w=300`: the first policy with a quota.
  void policy(std::string_view value) noexcept {
    bucket b;
    while (!value.empty() && !b.limit) {
      auto text = next(value, ',');
      while (!text.empty()) {
        auto part = trim(next(text, ';'));
        if (take(part, "q="))
          b.limit = count(part);
        else if (take(part, "w="))
          b.window = parse_count(part, 1s);
      }
    }
    merge(requests_, 2, b);
  }

  static std::string_view next(std::string_view& list, char separator) noexcept {
    const auto item = list.substr(0, list.find(separator));
    list.remove_prefix(std::min(list.size(), item.size() + 1));
    return item;
  }

  void put(found& counted, int rank, field which, std::string_view value, std::optional<duration> window) noexcept {
    bucket b;
    b.window = window;
    if (which == field::limit)
      b.limit = count(value);
    else if (which == field::remaining)
      b.remaining = count(value);
    else
      b.reset = parse_reset(value, now_);
    merge(counted, rank, b);
  }

  // The fields of one family together; a more specific family replaces a less specific one.
  static void merge(found& counted, int rank, const bucket& b) noexcept {
    if (b.empty() || rank < counted.rank)
      return;
    if (rank > counted.rank)
      counted.told = bucket();
    counted.rank = rank;
    auto& t = counted.told;
    if (b.limit)
      t.limit = b.limit;
    if (b.remaining)
      t.remaining = b.remaining;
    if (b.reset)
      t.reset = b.reset;
    if (b.window)
      t.window = b.window;
  }

  static bucket believable(bucket b) noexcept {
    if (b.limit && *b.limit == 0) {
      b.limit.reset();
      if (b.remaining == std::uint64_t(0))
        b.remaining.reset();
    }
    if (b.limit && b.remaining && *b.remaining > *b.limit)
      b.limit.reset();
    if (b.reset && *b.reset >= longest_hint)
      b.reset.reset();
    if (b.empty())
      b.window.reset();
    return b;
  }

  std::optional<wall_time> now_;
  found requests_, tokens_;
};

// Whether a name may belong to any of the families: a quick check on a few characters, as most responses have none.
bool promising(std::string_view name) noexcept {
  const auto begins = [name](std::size_t at, char a, char b) {
    return to_lower(name[at]) == a && to_lower(name[at + 1]) == b;
  };
  return name.size() >= 9 && (begins(0, 'x', '-') ? begins(2, 'r', 'a') : begins(0, 'r', 'a') || begins(0, 'a', 'n'));
}

} // namespace

rate_limit_status limits(const http::fields& headers, std::optional<wall_time> now, std::string_view vendor) noexcept {
  const auto begin = std::find_if(headers.begin(), headers.end(), [](const auto& h) { return promising(h.first); });
  if (begin == headers.end())
    return rate_limit_status();
  if (const auto date = parse_http_date(headers.get("date"), now.value_or(wall_time())))
    now = date;
  reader r(now);
  for (auto it = begin; it != headers.end(); ++it)
    if (promising(it->first))
      r.read(it->first, it->second);
  return r.result(vendor);
}

} // namespace weir::inline v0::provider
