#include "batch/provider/dialect.hpp"

#include <algorithm>
#include <array>

#include "batch/provider/reading.hpp"
#include "provider/vendors.hpp"

namespace weir::inline v0::vendor_batch {

namespace {

constexpr std::array<std::string_view, 8> state_names{"validating", "running", "finalizing", "completed",
                                                      "failed",     "expired", "cancelled"};

struct known_api {
  std::string_view name;
  std::unique_ptr<dialect> (*make)(provider::route);
};
constexpr known_api apis[] = {
    {"anthropic", make_anthropic}, {"fireworks", nullptr},  {"gemini", make_gemini},
    {"mistral", make_mistral},     {"openai", make_openai}, {"openrouter", make_openrouter},
    {"together", make_together},   {"xai", make_xai},
};

// Vendors without a row of their own are known by their hosts.
std::string_view api_of(const provider::route& to) {
  const auto& host = to.to.host();
  if (to.provider == "anthropic")
    return "anthropic";
  if (to.provider == "gemini")
    return "gemini";
  if (host == "api.mistral.ai")
    return "mistral";
  if (host == "api.x.ai")
    return "xai";
  if (host == "openrouter.ai")
    return "openrouter";
  if (host == "api.together.xyz" || host == "api.together.ai" || to.provider == "together")
    return "together";
  if (host == "api.fireworks.ai" || to.provider == "fireworks-ai")
    return "fireworks";
  return "openai";
}

// The vendors of the table whose batch API is known not to exist are refused before anything is uploaded.
bool is_without(const provider::route& to) {
  for (const std::string_view id :
       {"cohere", "cohere-v2", "ollama", "replicate", "fal-ai", "wavespeed", "hf-inference", "auto"})
    if (to.provider == id)
      return true;
  return provider::is_hugging_face(to.to.host());
}

} // namespace

std::string_view name_of(batch_state s) noexcept { return state_names[static_cast<std::size_t>(s)]; }

batch_state state_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < state_names.size(); ++i)
    if (state_names[i] == name)
      return static_cast<batch_state>(i);
  return batch_state::running;
}

http::request dialect::upload(const submission&, const std::vector<response>&) const {
  throw error(errc::unsupported, "this batch API takes no files");
}
std::string dialect::uploaded(const submission&, const std::vector<response>&) const { return {}; }
dialect::unpacked dialect::unpack(const result_place&, const response&) const { return {}; }
std::vector<http::request> dialect::remove_input(const std::string&) const { return {}; }
std::vector<http::request> dialect::remove_output(const std::string&, const std::vector<result_place>&) const {
  return {};
}

http::request dialect::at(std::string_view method, const std::string& path) const {
  http::request r;
  r.method = method;
  r.to = to_.to;
  r.target = root_ + path;
  if (!to_.query.empty())
    r.target += (r.target.find('?') == std::string::npos ? '?' : '&') + to_.query;
  r.headers = to_.headers;
  r.auth = to_.auth;
  return r;
}

http::request dialect::post_json(const std::string& path, std::string body) const {
  auto r = at("POST", path);
  r.headers.set("content-type", "application/json");
  r.body = std::move(body);
  return r;
}

std::string dialect::chat_body(const chat& ask) const {
  const auto encoded = provider::encode_chat(ask, to_, false);
  auto body = codec::parse_argument(encoded.body, "a chat");
  body.as_object().stable_erase("stream");
  return codec::to_text(body);
}

std::vector<std::string_view> batch_apis() {
  std::vector<std::string_view> names;
  for (const auto& api : apis)
    names.push_back(api.name);
  return names;
}

std::unique_ptr<dialect> make_dialect(provider::route to, std::string_view api, std::string account) {
  if (api.empty()) {
    if (is_without(to))
      throw error(errc::unsupported,
                  (provider::is_hugging_face(to.to.host()) ? std::string("Hugging Face's router") : to.provider) +
                      " has no batch API: run the batch live, or name a provider that has one, with "
                      "a key of its own");
    api = api_of(to);
  }
  // These two have chats of their own, whose places and bodies only their routes know.
  if ((api == "anthropic" || api == "gemini") && to.provider != api && !to.row)
    throw error(errc::invalid_argument, "the batch API \"" + std::string(api) + "\" needs the provider \"" +
                                            std::string(api) + "\": name it, beside the URL of the server");
  if (api == "fireworks")
    return make_fireworks(std::move(to), std::move(account));
  for (const auto& known : apis)
    if (known.name == api)
      return known.make(std::move(to));
  auto words = "there is no batch API \"" + std::string(api) + "\"; there are ";
  for (const auto& known : apis)
    words.append(&known == apis ? "" : ", ").append(known.name);
  throw error(errc::invalid_argument, words);
}

} // namespace weir::inline v0::vendor_batch
