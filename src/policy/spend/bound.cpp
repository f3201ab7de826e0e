// What a call may use and cost, before it is sent.
#include <algorithm>
#include <initializer_list>

#include "policy/spend/bounded_operation.hpp"
#include "policy/spend/charge.hpp"

namespace weir::inline v0 {

namespace {

using enum usage_unit;

// What is sent to Anthropic, which requires a limit, for a request that has none.
constexpr std::uint64_t anthropic_default = 4096;

// `currency`: of the price, if there is one.
std::optional<money> price_alone(const price_book& prices, price_query& q, const usage_units& units,
                                 std::string& currency) {
  usage only;
  only.units = units;
  q.usage(std::move(only));
  auto p = prices.price(q);
  if (p.computed)
    currency = std::move(p.currency);
  return p.computed;
}

// Of each of these, its own price; requests are counted once, apart.
std::optional<money> dearest(const price_book& prices, price_query& q, const usage_units& most,
                             std::initializer_list<usage_unit> same_thing, std::string& currency) {
  std::optional<money> found;
  for (const auto u : same_thing)
    if (const auto n = most[u]; n && *n != 0) {
      usage_units one;
      one.set(u, *n);
      one.set(requests, 0);
      if (const auto cost = price_alone(prices, q, one, currency); cost && (!found || *cost > *found))
        found = cost;
    }
  return found;
}

std::optional<money> of_a_task(const price_book& prices, price_query& q, const usage_units& most,
                               std::string& currency) {
  usage_units request;
  request.set(requests, 1);
  auto sum = price_alone(prices, q, request, currency);
  const auto add = [&](std::initializer_list<usage_unit> same_thing) {
    if (const auto cost = dearest(prices, q, most, same_thing, currency))
      sum = sum.value_or(money()) + *cost;
  };
  add({input_text, input_characters});
  add({input_image});
  add({input_audio, input_milliseconds});
  add({input_video});
  add({output_text});
  add({output_audio, output_milliseconds});
  add({output_image, images});
  add({pages});
  add({searches});
  return sum;
}

// What tokens of images and sound cost beyond those of text, at the size of the whole prompt.
money beyond_text(const price_book& prices, price_query& q, const usage_units& most, std::string& currency) {
  usage_units as_they_are, as_text;
  for (const auto u : {input_text, input_image, input_audio, input_video})
    as_they_are.set(u, most[u].value_or(0));
  as_text.set(input_text, most.input_tokens().value_or(0));
  if (as_they_are[input_text] == as_text[input_text])
    return {};
  const auto dear = price_alone(prices, q, as_they_are, currency), plain = price_alone(prices, q, as_text, currency);
  return dear && plain ? std::max(*dear - *plain, money()) : money();
}

// Of a task that tells nothing.
usage_units one_request(const operation& op) {
  usage_units u;
  u.set(requests, 1);
  if (op.name().ends_with("to-image"))
    u.set(images, 1);
  return u;
}

bool is_cheap(std::string_view tier) noexcept { return tier == "flex" || tier == "batch"; }

} // namespace

upper_bound bound_of(const call& c, const price_book* prices, const mapped_names& names, price_query& q) {
  upper_bound b;
  b.expected = c.op->tokens();
  const auto* told = dynamic_cast<const bounded_operation*>(c.op.get());
  auto prompt = b.expected.prompt, completion = b.expected.completion;
  if (told) {
    prompt = told->bound().most.input_tokens().value_or(0);
    completion = told->bound().most.output_tokens().value_or(0);
  }
  const auto* chat = c.op->as_chat();
  if (chat && !chat->max_tokens() && !chat->max_completion_tokens() && c.to.provider() == "anthropic")
    completion = std::max(completion, anthropic_default);
  b.tokens = prompt + completion;
  if (!prices)
    return b;

  const bool kept_long = chat && chat->cache_lifetime().value_or(duration()) > std::chrono::minutes(5);
  const bool by_tokens = has_tokens(*c.op);
  const auto at_most = [&] {
    if (told || kept_long) {
      usage marks; // the bound then is at the price of such a write
      if (kept_long)
        marks.units.set(cache_write_1h, 0);
      q.usage(std::move(marks));
    }
    auto most = prices->estimate(q, prompt, by_tokens ? completion : 0, &b.currency);
    if (by_tokens)
      return most && told ? std::optional(*most + beyond_text(*prices, q, told->bound().most, b.currency)) : most;
    const auto parts = of_a_task(*prices, q, told ? told->bound().most : one_request(*c.op), b.currency);
    return parts && (!most || *parts > *most) ? parts : most;
  };
  const auto ask = [&] {
    b.cost = at_most();
    if (!b.cost || !told || (told->bound().service_tier.empty() && told->bound().speed.empty()))
      return b.cost.has_value();
    q.service_tier(told->bound().service_tier).speed(told->bound().speed);
    const auto as_asked = at_most();
    q.service_tier({}).speed({});
    if (as_asked)
      b.cost = is_cheap(told->bound().service_tier) ? *as_asked : std::max(*b.cost, *as_asked);
    return true;
  };
  b.mapped = names.find(c.to);
  price_names each(c.to, b.mapped ? b.mapped->provider : c.to.provider(), b.mapped ? b.mapped->model : c.to.model());
  while (each.next(q) && !ask())
    ;
  return b;
}

} // namespace weir::inline v0
