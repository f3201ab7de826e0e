#include "provider/offers.hpp"

#include "provider/vendors.hpp"

namespace weir::inline v0::provider {

namespace {

class row {
public:
  std::string_view vendor;
  std::span<const offer> (*offers)() noexcept;
};

constexpr row rows[] = {
    {"custom", openai_offers},     {"deepinfra", deepinfra_offers},
    {"fal-ai", fal_offers},        {"hf-inference", hf_offers},
    {"novita", novita_offers},     {"nscale", nscale_offers},
    {"openai", api_openai_offers}, {"replicate", replicate_offers},
    {"scaleway", scaleway_offers}, {"tgi", hf_offers},
    {"together", together_offers}, {"wavespeed", wavespeed_offers},
    {"zai-org", zai_offers},
};

const offer& offer_of(const task_request& ask, const route& to) {
  const auto* o = find_offer(to, ask.what());
  if (!o)
    throw error(errc::unsupported,
                to.provider + " does not offer " + std::string(name_of(ask.what())) + ": name a provider that does");
  return *o;
}

} // namespace

std::span<const offer> offers_of(std::string_view vendor) noexcept {
  for (const auto& r : rows)
    if (r.vendor == vendor)
      return r.offers();
  return {};
}

const offer* find_offer(std::string_view vendor, task what) noexcept {
  for (const auto& o : offers_of(vendor))
    if (o.what == what)
      return &o;
  return nullptr;
}

const offer* find_offer(const route& to, task what) noexcept {
  return find_offer(to.row ? std::string_view("custom") : to.provider, what);
}

bool offers(std::string_view vendor, task what) noexcept {
  const auto* v = find_vendor(vendor);
  if (what == task::chat)
    return v && !v->chat.empty();
  if (what == task::text_generation)
    return v && !v->text.empty();
  return find_offer(vendor, what) != nullptr;
}

http::request encode_task(const task_request& ask, const route& to) {
  ask.check();
  auto r = offer_of(ask, to).encode(ask, to);
  // JSON, or the image or sound itself.
  if (!r.headers.has("accept"))
    r.headers.set("accept", "*/*");
  return r;
}

std::unique_ptr<job_protocol> start_task(const task_request& ask, const route& to) {
  return offer_of(ask, to).start(ask, to);
}

bool needs_bytes(const task_request& ask, const route& to) noexcept {
  const auto* o = find_offer(to, ask.what());
  return o && !o->urls;
}

} // namespace weir::inline v0::provider
