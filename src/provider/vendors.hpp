// The table of vendors: everything that distinguishes one OpenAI-compatible provider from another.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <weir/provider/vendor.hpp>

namespace weir::inline v0::provider {

class chat_dialect;
class route;

using weir::generation_form;
using weir::schema_form;

/// Who may be called, with which key.
enum class access {
  both,        ///< Through the Hugging Face router with an hf_ key, directly with any other.
  direct_only, ///< Only with the vendor's own key.
  router_only, ///< Only at the Hugging Face router.
};

struct fixed_header {
  std::string_view name;
  std::string_view value;
};

/// How the end of a prefix that shall be kept is marked inside the request.
enum class cache_mark : std::uint8_t {
  none,
  anthropic,  ///< `cache_control`, on at most four blocks.
  openrouter, ///< The same in OpenAI's dialect, for Anthropic's models.
  openai,     ///< `prompt_cache_breakpoint`, at gpt-5.6 and later.
};

/// What a server is told about its prompt cache (docs/prompt-caching.md). The default is nothing.
struct prompt_caching {
  cache_mark mark = cache_mark::none;
  std::string_view member{};           ///< Of a chat's body, for the conversation's id.
  std::string_view responses_member{}; ///< The same in the Responses API.
  std::string_view header{};           ///< The same as a header.
  bool retention = false;              ///< Takes OpenAI's `prompt_cache_retention`.
};

/// One vendor. `{model}` in a path stands for the model's name.
struct vendor {
  std::string_view id;
  std::string_view host;                  ///< For direct calls; always https on port 443.
  std::string_view chat;                  ///< Path of chat completions; empty: not offered.
  std::string_view text;                  ///< Path of text generation; empty: not offered.
  std::array<std::string_view, 2> keys{}; ///< Environment variables of the vendor's own key.
  schema_form schema = schema_form::openai;
  generation_form generation = generation_form::none;
  access reach = access::both;
  bool maps_models = true; ///< At the router the Hub's name is replaced by the vendor's own.
  bool refuses_top_p_1 = false;
  std::string_view drops{}; ///< A member of the chat body that the vendor rejects with 400.
  prompt_caching caching{}; ///< At the vendor's own host, and wherever its dialect is Anthropic's.
  std::array<fixed_header, 2> headers{};
  /// Where the vendor's own key goes; an hf_ key is always a bearer token.
  std::string_view key_header = "authorization";
  std::string_view key_scheme = "Bearer"; ///< Empty: the header's value is the key alone.
  const chat_dialect* dialect = nullptr;  ///< nullptr: OpenAI's.
  bool at_front = false; ///< At the router it is served by the router's own front, not below the vendor's id.
  /// For the user's own server: its usual address, and the variable that sets it. Without a host.
  std::string_view server{}, server_variable{};
  /// By the program: `server` is where it is, at which its paths are appended as they are.
  bool added = false;
  std::string_view models{};     ///< Path of the list of models; empty: the one that belongs to `chat`.
  std::string_view usual_chat{}; ///< The dialect's own path, where `chat` is empty.
  std::string_view query{};      ///< Of every request, encoded.
  std::span<const fixed_header> more_headers{};
};

inline constexpr std::string_view router_host = "router.huggingface.co";
inline constexpr std::string_view hub_host = "huggingface.co";

/// All vendors with a name of their own, sorted by id.
std::span<const vendor> all_vendors() noexcept;
/// A vendor, or "auto", "tgi" or "custom"; nullptr if there is none with that id.
const vendor* find_vendor(std::string_view id) noexcept;

/// The vendor of a route; "custom" where its id is unknown.
const vendor& vendor_of(const route& to) noexcept;

/// What the server of a route may be told about its prompt cache: by its host, or by its dialect if that is
/// Anthropic's. Nothing at the Hugging Face router, and at servers that merely speak a vendor's dialect.
prompt_caching caching_at(const route& to) noexcept;

/// Says that there is no provider of that name, and which there are; `added`: those of the program.
std::string no_such_provider(std::string_view id, const std::vector<std::string>& added);
/// The beginning of such a message, with the name that was probably meant.
std::string unknown_provider(std::string_view id, const std::vector<std::string>& added);

/// Whether a host is Hugging Face's: huggingface.co, huggingface.cloud, or below one of them.
bool is_hugging_face(std::string_view host) noexcept;
/// Whether a host is an Inference Endpoint of Hugging Face's, which may be scaled to zero.
bool is_dedicated_endpoint(std::string_view host) noexcept;

} // namespace weir::inline v0::provider
