#include "tool/reference/providers_table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "codec/json/json.hpp"
#include "provider/added_vendors.hpp"
#include "provider/chat/dialects.hpp"
#include "provider/offers.hpp"
#include "provider/vendors.hpp"
#include "tool/arguments/help.hpp"
#include "tool/output/display_width.hpp"

namespace weir::inline v0::cli {

namespace {

namespace json = codec::json;

using environment = std::function<const char*(const char*)>;

std::string dialect_of(const provider::vendor& v) {
  if (v.chat.empty() && !v.added)
    return {};
  if (!v.dialect)
    return "openai";
  if (v.dialect == &provider::anthropic_messages)
    return "anthropic";
  if (v.dialect == &provider::openai_responses)
    return "responses";
  if (v.dialect == &provider::gemini_content)
    return "gemini";
  if (v.dialect == &provider::ollama_chat)
    return "ollama";
  if (v.dialect == &provider::cohere_chat)
    return "cohere";
  return v.dialect == &provider::replicate_chat ? "replicate" : "own";
}

// Below which the routes are: without what names a model, and without OpenAI's own part.
std::string url_of(const provider::vendor& v, const environment& get) {
  if (v.added)
    return std::string(v.server);
  if (!v.server.empty())
    return provider::server_url(v.id, get);
  if (v.host.empty())
    return {};
  auto path = v.chat.substr(0, v.chat.find("/models/{model}"));
  for (const std::string_view route : {"/chat/completions", "/messages", "/responses", "/chat"})
    if (path.ends_with(route)) {
      path.remove_suffix(route.size());
      break;
    }
  return fmt::format("https://{}{}", v.host, path);
}

bool has_task(const provider::vendor& v, task_kind what) {
  if (v.id == "auto")
    return what == task_kind::chat || !provider::vendors(what).empty();
  if (!v.added || what == task_kind::text_generation)
    return v.added ? !v.text.empty() : provider::offers(v.id, what);
  // One that was added has OpenAI's tasks, unless it has a dialect of another API.
  return what == task_kind::chat || (!v.dialect && provider::find_offer("custom", what));
}

std::vector<task_kind> tasks_of(const provider::vendor& v) {
  std::vector<task_kind> all;
  for (const auto what : all_task_kinds())
    if (has_task(v, what))
      all.push_back(what);
  return all;
}

provider_row row_of(const provider::vendor& v, const loaded_options& given, const environment& get) {
  const auto& keys = given.settings.credentials();
  provider_row p;
  p.id = v.id;
  p.variables = provider::key_variables(v);
  const auto* named = given.key_of(p.id);
  if (!named && p.variables.empty() && !v.host.empty()) {
    p.variables.emplace_back("HF_TOKEN");
    named = given.key_of("huggingface");
  }
  if (named)
    p.variables = named->variables;
  const auto is_set = [&get](const std::string& name) {
    const char* value = get(name.c_str());
    return value && *value;
  };
  const auto set = std::find_if(p.variables.begin(), p.variables.end(), is_set);
  if (!p.variables.empty())
    p.variable = set == p.variables.end() ? p.variables.front() : *set;
  // A key that the file names and that is not set is issued, with an error.
  const auto& own = keys.vendor(v.id);
  const auto& hub = keys.hugging_face();
  if (own)
    p.key = own.issues() ? key_state::missing : key_state::own;
  else if (p.variables.empty())
    p.key = key_state::unused;
  else if (hub && !hub.issues() && !v.added && v.reach != provider::access::direct_only)
    p.key = key_state::hub;
  p.dialect = dialect_of(v);
  p.url = url_of(v, get);
  p.tasks = tasks_of(v);
  return p;
}

std::string_view name_of(key_state k) noexcept {
  switch (k) {
  case key_state::missing: return "no";
  case key_state::own: return "yes";
  case key_state::hub: return "hub";
  case key_state::unused: break;
  }
  return "–";
}

std::string row(std::string_view id, std::string_view variable, std::string_view set, std::string_view dialect,
                std::string_view url) {
  auto text = fmt::format("{} {} {:<3} {:<9} {}", padded(std::string(id), 16), padded(std::string(variable), 19), set,
                          dialect, url);
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string_view or_dash(const std::string& text) {
  return text.empty() ? std::string_view("–") : std::string_view(text);
}

} // namespace

std::vector<provider_row> all_providers(const loaded_options& given, const environment& get) {
  std::vector<provider_row> all;
  all.push_back(row_of(*provider::find_vendor("auto"), given, get));
  for (const auto& v : provider::all_vendors())
    all.push_back(row_of(v, given, get));
  const provider::added_vendors added(given.settings.vendors());
  for (const auto& id : added.names())
    all.push_back(row_of(*added.find(id), given, get));
  for (const auto* id : {"tgi", "custom"})
    all.push_back(row_of(*provider::find_vendor(id), given, get));
  return all;
}

std::string providers_table(const std::vector<provider_row>& all) {
  auto text = row("PROVIDER", "KEY", "SET", "CHAT", "URL");
  for (const auto& p : all) {
    text += row(p.id, or_dash(p.variable), name_of(p.key), or_dash(p.dialect), p.url.empty() ? "--base-url" : p.url);
    std::string tasks;
    for (const auto what : p.tasks)
      tasks += (tasks.empty() ? "" : ", ") + std::string(what == task_kind::chat ? "chat" : weir::name_of(what));
    text += indented(tasks);
  }
  return text;
}

std::string to_json(const provider_row& p) {
  json::object o{{"provider", p.id}};
  o["key_variables"] = json::array(p.variables.begin(), p.variables.end());
  o["key_set"] = p.key == key_state::own || p.key == key_state::hub;
  o["through_hub"] = p.key == key_state::hub;
  o["dialect"] = p.dialect.empty() ? json::value() : json::value(p.dialect);
  o["url"] = p.url.empty() ? json::value() : json::value(p.url);
  json::array tasks;
  for (const auto what : p.tasks)
    tasks.emplace_back(weir::name_of(what));
  o["tasks"] = std::move(tasks);
  return codec::to_text(o);
}

} // namespace weir::inline v0::cli
