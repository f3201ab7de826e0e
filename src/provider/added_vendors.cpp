#include "provider/added_vendors.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "http/message/types.hpp"
#include "http/message/url.hpp"

namespace weir::inline v0 {

namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t most_pairs = 16;

[[noreturn]] void refuse(std::string_view path, std::string_view field, std::string_view why) {
  std::string text(path);
  if (!field.empty())
    text.append(text.empty() ? "" : ".").append(field);
  throw error(errc::invalid_configuration, text.append(": ").append(why));
}

// The built-in vendors whose chat API another one may have.
constexpr std::array<std::string_view, 7> dialects = {"anthropic", "cohere-v2",        "gemini",   "ollama",
                                                      "openai",    "openai-responses", "replicate"};

// What weir sets itself, besides what is reserved.
bool is_ours(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 4> names = {"accept", "accept-encoding", "content-type", "user-agent"};
  return http::is_reserved(name) ||
         std::any_of(names.begin(), names.end(), [name](auto n) { return http::equal_names(n, name); });
}

bool is_vendor_name(std::string_view name) noexcept {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 64 && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || c == '.' || c == '_' || c == '-'; });
}

void check_name(std::string_view path, std::string_view name) {
  if (!is_vendor_name(name))
    refuse(path, "name",
           "must be 1 to 64 lower-case letters, digits, '.', '_' and '-', and begin with a letter or digit");
  if (provider::find_vendor(name) || name == "huggingface" || name == "hub")
    refuse(path, "name",
           "\"" + std::string(name) +
               "\" is a provider that weir knows already: choose another name, or "
               "give that provider a base_url");
}

void check_url(std::string_view path, const std::string& text) {
  if (text.empty())
    refuse(path, "base_url", "is missing: give the URL that the paths are below, such as https://llm.example/v1");
  std::string target;
  try {
    target = http::parse_url(text).target;
  } catch (const error& e) {
    refuse(path, "base_url", e.failure().message());
  }
  for (auto at = target.find('?'); at != target.npos; at = target.find('&', at + 1)) {
    const auto name = std::string_view(target).substr(at + 1, target.find_first_of("=&", at + 1) - at - 1);
    if (http::names_key(name))
      refuse(path, "base_url", "holds a key in its query: keys are read from a variable, see key_variable");
  }
}

void check_path(std::string_view path, std::string_view field, std::string_view text) {
  if (text.empty())
    return;
  const auto allowed = [](char c) { return c > 0x20 && c < 0x7f && c != '?' && c != '#'; };
  if (!text.starts_with('/') || !std::all_of(text.begin(), text.end(), allowed))
    refuse(path, field, "must begin with '/', and have no spaces, query or fragment; parameters go into \"query\"");
  std::string rest(text);
  if (const auto at = rest.find("{model}"); at != rest.npos)
    rest.replace(at, 7, "m");
  if (rest.find_first_of("{}") != rest.npos || (rest + '/').find("/../") != rest.npos)
    refuse(path, field, "has \"..\", or braces that are not one {model}");
}

void check_variables(std::string_view path, const std::vector<std::string>& names) {
  if (names.size() > std::tuple_size_v<decltype(provider::vendor::keys)>)
    refuse(path, "key_variable", "names more than two variables");
  for (const auto& name : names) {
    const auto allowed = [](unsigned char c) { return std::isalnum(c) || c == '_'; };
    if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) ||
        !std::all_of(name.begin(), name.end(), allowed))
      refuse(path, "key_variable", "must be the name of an environment variable, such as ACME_API_KEY; never the key");
  }
}

void check_headers(std::string_view path, const vendor& v) {
  const auto field = [](const std::string& name) { return "headers." + name.substr(0, 64); };
  if (v.headers().size() > most_pairs)
    refuse(path, "headers", "are more than 16");
  for (const auto& [name, value] : v.headers()) {
    if (!http::is_field_name(name))
      refuse(path, "headers", "one name is empty, or has a character that a header's name may not have");
    if (http::names_key(name) || http::equal_names(name, v.key_header()))
      refuse(path, field(name), "keys are read from a variable, see key_variable and key_header");
    if (is_ours(name))
      refuse(path, field(name), "is set by weir itself: leave it out");
    if (!http::is_field_value(value))
      refuse(path, field(name), "must be a text without control characters");
  }
}

} // namespace

void vendor::check(std::string_view path) const {
  check_name(path, name_);
  check_url(path, base_url_);
  check_path(path, "chat_path", chat_path_);
  check_path(path, "text_path", text_path_);
  check_path(path, "models_path", models_path_);
  if (std::find(dialects.begin(), dialects.end(), dialect_) == dialects.end()) {
    std::string known;
    for (const auto d : dialects)
      known.append(known.empty() ? "" : ", ").append(d);
    refuse(path, "dialect", "there is none of that name; the dialects are " + known);
  }
  provider::check_key_header(path, key_header_);
  if (key_scheme_)
    provider::check_key_scheme(path, *key_scheme_);
  check_variables(path, key_variables_);
  check_headers(path, *this);
  provider::check_query(path, query_);
  if (generation_ && (*generation_ == generation_form::none) != text_path_.empty())
    refuse(path, "generation", "needs a text_path, and a text_path needs it");
  for (const std::string_view needed : {"model", "messages", "stream"})
    if (drops_ == needed)
      refuse(path, "drops", "no request is one without \"" + drops_ + "\"");
}

} // namespace weir::inline v0

namespace weir::inline v0::provider {

namespace {

// A row that owns what it refers to.
class own_row {
public:
  explicit own_row(weir::vendor v) : settings_(std::move(v)), query_(encode_query(settings_.query())) {
    const auto& s = settings_;
    const auto& like = *find_vendor(s.dialect());
    for (const auto& [name, value] : s.headers())
      headers_.push_back(fixed_header{.name = name, .value = value});
    row.id = s.name();
    row.chat = s.chat_path();
    row.text = s.text_path();
    row.models = s.models_path();
    std::copy(s.key_variables().begin(), s.key_variables().end(), row.keys.begin());
    row.schema = s.schema();
    row.generation =
        s.generation().value_or(s.text_path().empty() ? generation_form::none : generation_form::completions);
    row.reach = access::direct_only;
    row.maps_models = false;
    row.refuses_top_p_1 = s.refuses_top_p_1();
    row.drops = s.drops();
    row.key_header = s.key_header();
    row.key_scheme = s.key_scheme() ? std::string_view(*s.key_scheme()) : usual_scheme(s.key_header());
    row.headers = like.headers;
    row.dialect = like.dialect;
    row.caching = like.caching;
    row.server = s.base_url();
    row.added = true;
    row.usual_chat = like.chat;
    row.query = query_;
    row.more_headers = headers_;
  }
  own_row(const own_row&) = delete;
  own_row& operator=(const own_row&) = delete;

  vendor row{};

private:
  const weir::vendor settings_;
  const std::string query_;
  std::vector<fixed_header> headers_;
};

void append_encoded(std::string& to, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || c == '~') {
      to += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    to += '%';
    to += digits[byte >> 4];
    to += digits[byte & 15];
  }
}

} // namespace

added_vendors::added_vendors(const std::vector<weir::vendor>& all) {
  for (const auto& v : all) {
    const auto path = is_vendor_name(v.name()) ? "vendors." + v.name() : std::string("vendors");
    v.check(path);
    if (find(v.name()))
      refuse(path, "", "is there twice");
    const auto made = std::make_shared<const own_row>(v);
    rows_.emplace_back(made, &made->row);
  }
}

std::shared_ptr<const vendor> added_vendors::find(std::string_view id) const {
  for (const auto& row : rows_)
    if (row->id == id)
      return row;
  return nullptr;
}

std::vector<std::string> added_vendors::names() const {
  std::vector<std::string> all;
  for (const auto& row : rows_)
    all.emplace_back(row->id);
  return all;
}

std::string encode_query(const pairs& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    text += text.empty() ? "" : "&";
    append_encoded(text, name);
    text += '=';
    append_encoded(text, value);
  }
  return text;
}

std::string_view usual_scheme(std::string_view key_header) noexcept {
  return http::equal_names(key_header, "authorization") ? "Bearer" : "";
}

void check_key_header(std::string_view path, std::string_view header) {
  if (!http::is_field_name(header))
    refuse(path, "key_header", "is empty, or has a character that a header's name may not have");
  if (is_ours(header) && !http::equal_names(header, "authorization"))
    refuse(path, "key_header", "\"" + std::string(header) + "\" is set by weir itself, and cannot hold a key");
}

void check_key_scheme(std::string_view path, std::string_view scheme) {
  if (!scheme.empty() && !http::is_field_name(scheme))
    refuse(path, "key_scheme", "must be a single word, such as Bearer, or empty for none");
}

void check_query(std::string_view path, const pairs& parameters) {
  if (parameters.size() > most_pairs)
    refuse(path, "query", "has more than 16 parameters");
  for (const auto& [name, value] : parameters) {
    if (name.empty() || name.size() > 256 || value.size() > 1024)
      refuse(path, "query", "a parameter has no name, or is too long");
    if (http::names_key(name))
      refuse(path, "query", "a key may not be in a URL, where it is logged: use key_header");
  }
}

} // namespace weir::inline v0::provider
