#include <algorithm>
#include <cctype>
#include <filesystem>

#include "client/config/config_sections.hpp"
#include "client/keys/key_text.hpp"
#include "codec/text/nearest.hpp"
#include "http/message/grammar.hpp"
#include "http/message/types.hpp"
#include "http/message/url.hpp"
#include "provider/vendors.hpp"

namespace weir::inline v0 {

namespace {

bool is_variable(std::string_view name) {
  return !name.empty() && !std::isdigit(static_cast<unsigned char>(name.front())) &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

std::string place_of(const config_value& v) { return v.file() + ": " + v.path(); }

std::string read_file_name(const config_value& v, const std::string& folder) {
  const std::filesystem::path path(v.text());
  return path.empty() || path.is_absolute() || folder.empty() ? path.string()
                                                              : (std::filesystem::path(folder) / path).string();
}

std::string read_proxy(const config_value& v) {
  auto text = v.text();
  if (text.empty() || text == "none")
    return text;
  const auto begin = text.find("://");
  const auto authority = text.substr(0, text.find('/', begin == std::string::npos ? 0 : begin + 3));
  if (authority.find('@') != std::string::npos)
    v.refuse("must not hold a user or password; set HTTPS_PROXY in the environment instead");
  try {
    (void)http::parse_url(text);
  } catch (const error& e) {
    v.refuse(e.failure().message());
  }
  return text;
}

void read_headers(const config_value& v, options& o) {
  for (const auto& [name, value] : v.object().members()) {
    if (http::names_key(name))
      value.refuse("keys are never in a file; name their environment variables in \"keys\"");
    if (!http::is_token(name))
      value.refuse("is not a header name");
    if (!http::is_value(value.text()))
      value.refuse("must be a text without control characters");
    o.header(name, value.text());
  }
}

// A model, which may be a URL where the file may say where calls go.
std::string read_model(const config_value& v, const config_context& in) {
  auto text = v.text();
  if (http::is_url(text))
    in.only_own(v);
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const auto& name : names)
    all += (all.empty() ? "" : ", ") + name;
  return all;
}

} // namespace

std::string named_key::problem() const {
  if (unset.empty())
    return {};
  if (!missing())
    return place + ": " + joined(unset) + (unset.size() == 1 ? " is not set: it is" : " are not set: they are") +
           " left out of the pool";
  return place + ": " +
         (unset.size() == 1 ? unset.front() + " is not set: set it to the key"
                            : "none of " + joined(unset) + " is set: set one to the key");
}

const named_key* loaded_options::key_of(const std::string& provider) const noexcept {
  const auto it = std::find_if(keys.rbegin(), keys.rend(), [&](const named_key& k) { return k.provider == provider; });
  return it == keys.rend() ? nullptr : &*it;
}

void config_context::only_own(const config_value& v) const {
  if (!trusted)
    v.refuse(
        "decides where prompts, keys or money go, which the file of a working directory may not: put it into your own "
        "~/.config/weir/weir.json, or name this file with --config");
}

std::string read_provider(std::string id, const config_value& where, const config_context& in) {
  if (provider::find_vendor(id))
    return id;
  std::vector<std::string_view> known{"auto", "custom", "tgi"};
  for (const auto& own : in.settings.vendors()) {
    if (own.name() == id)
      return id;
    known.push_back(own.name());
  }
  for (const auto& vendor : provider::all_vendors())
    known.push_back(vendor.id);
  const auto meant = codec::nearest(id, known);
  where.refuse("no such provider" + (meant.empty() ? "; \"auto\" asks the Hugging Face router"
                                                   : "; did you mean \"" + std::string(meant) + "\"?"));
}

std::string read_url(const config_value& v) {
  auto text = v.text();
  try {
    (void)http::parse_url(text);
  } catch (const error& e) {
    v.refuse(e.failure().message());
  }
  return text;
}

secret read_variable(const std::string& name, const config_value& where, config_context& in) {
  const char* value = in.get(name.c_str());
  if (!value || !*value)
    return {};
  const auto place = place_of(where);
  auto key = key_from(value, place);
  reject_short_key(key, place);
  return key;
}

key_source missing_key(const named_key& k) {
  return key_source(
      [why = k.problem()]() -> boost::asio::awaitable<issued_key> { throw error(errc::missing_key, why); });
}

secret read_key(const config_value& name, config_context& in) {
  const auto variable = name.text();
  if (!is_variable(variable))
    name.refuse("must be the name of an environment variable, such as GROQ_API_KEY");
  auto key = read_variable(variable, name, in);
  if (!key)
    return key;
  auto credentials = in.settings.credentials();
  in.settings.credentials(credentials.named(variable, key));
  return key;
}

target read_target(config_object& o, config_context& in) {
  target to;
  o.on("provider", [&](const config_value& p) { to.provider(read_provider(p.text(), p, in)); })
      .on("model", [&](const config_value& m) { to.model(read_model(m, in)); })
      .on("base_url",
          [&](const config_value& u) {
            in.only_own(u);
            to.base_url(read_url(u));
          })
      .on("key",
          [&](const config_value& k) {
            in.only_own(k);
            const auto name = k.text();
            named_key found;
            found.place = place_of(k);
            found.variables = {name};
            if (!read_key(k, in)) {
              found.unset = {name};
              in.settings.credentials(credentials(in.settings.credentials()).named(name, missing_key(found)));
            }
            in.keys.push_back(std::move(found));
            to.key(name);
          })
      .on("prefill", [&](const config_value& v) {
        to.prefill(v.one_of<prefill>({{"none", prefill::none},
                                      {"message", prefill::message},
                                      {"prefix", prefill::prefix},
                                      {"vllm", prefill::vllm}}));
      });
  if (to == target())
    o.value().refuse("must name a provider, a model or a base_url");
  return to;
}

target read_target(const config_value& v, config_context& in) {
  if (v.is_text()) {
    target to(v.text());
    (void)read_provider(to.provider(), v, in);
    if (http::is_url(to.model()))
      in.only_own(v);
    return to;
  }
  if (!v.is_object())
    v.refuse_type("a text \"provider/model\" or an object");
  auto o = v.object();
  auto to = read_target(o, in);
  o.finish();
  return to;
}

void read_connection(config_object& root, config_context& in) {
  auto& o = in.settings;
  const auto& folder = in.folder;
  constexpr std::uint64_t most = 1'000'000;
  // First, since their names are used below.
  root.on("vendors", [&](const config_value& v) { read_vendors(v, in); })
      .on("provider", [&](const config_value& v) { o.provider(read_provider(v.text(), v, in)); })
      .on("model", [&](const config_value& v) { o.model(read_model(v, in)); })
      .on("bill_to", [&](const config_value& v) { o.bill_to(v.text()); })
      .on("deadline", [&](const config_value& v) { o.deadline(v.duration()); })
      .on("first_token_timeout", [&](const config_value& v) { o.first_token_timeout(v.duration()); })
      .on("inter_token_timeout", [&](const config_value& v) { o.inter_token_timeout(v.duration()); })
      .on("connect_timeout", [&](const config_value& v) { o.connect_timeout(v.duration()); })
      .on("idle_connection_timeout", [&](const config_value& v) { o.idle_connection_timeout(v.duration()); })
      .on("http2", [&](const config_value& v) { o.http2(v.flag()); })
      .on("max_connections", [&](const config_value& v) { o.max_connections(v.whole(1, most)); })
      .on("max_waiting", [&](const config_value& v) { o.max_waiting(v.whole(0, most)); });
  const auto own = [&root, &in](std::string_view name, auto&& use) {
    root.on(name, [&](const config_value& v) {
      in.only_own(v);
      use(v);
    });
  };
  own("key_header", [&](const config_value& v) { o.key_header(read_key_header(v)); });
  own("key_scheme", [&](const config_value& v) { o.key_scheme(read_key_scheme(v)); });
  own("query", [&](const config_value& v) { o.query(read_query(v)); });
  own("base_url", [&](const config_value& v) { o.base_url(read_url(v)); });
  own("ca_file", [&](const config_value& v) { o.ca_file(read_file_name(v, folder)); });
  own("client_certificate", [&](const config_value& v) { o.client_certificate(read_file_name(v, folder)); });
  own("client_key", [&](const config_value& v) { o.client_key(read_file_name(v, folder)); });
  own("proxy", [&](const config_value& v) { o.proxy(read_proxy(v)); });
  own("unix_socket", [&](const config_value& v) { o.unix_socket(read_file_name(v, folder)); });
  own("headers", [&](const config_value& v) { read_headers(v, o); });
}

void read_keys(const config_value& v, config_context& in) {
  in.only_own(v);
  for (const auto& [id, names] : v.object().members()) {
    const bool hub = id == "huggingface";
    if (!hub)
      (void)read_provider(id, names, in);
    named_key all;
    all.place = place_of(names);
    all.provider = id;
    key_source first;
    std::vector<std::string> found;
    for (const auto& name : names.texts()) {
      all.variables.push_back(name.text());
      if (auto key = read_key(name, in)) {
        found.push_back(name.text());
        if (!first)
          first = std::move(key);
      } else {
        all.unset.push_back(name.text());
      }
    }
    // Not the one that the environment has otherwise: it may be somebody else's.
    if (!first)
      first = missing_key(all);
    if (found.size() > 1) {
      // Both of Hugging Face's own ids use its token.
      in.pool.keys(hub ? "auto" : id, found);
      if (hub)
        in.pool.keys("hf-inference", found);
    }
    auto credentials = in.settings.credentials();
    in.settings.credentials(hub ? credentials.hugging_face(first) : credentials.vendor(id, first));
    in.keys.push_back(std::move(all));
  }
}

} // namespace weir::inline v0
