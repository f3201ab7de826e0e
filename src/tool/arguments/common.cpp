#include "tool/arguments/common.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <weir/client/config.hpp>
#include <weir/core/error.hpp>

#include "client/keys/key_text.hpp"
#include "core/descriptor.hpp"
#include "core/time/duration.hpp"
#include "tool/arguments/help.hpp"
#include "tool/arguments/text_input.hpp"
#include "tool/output/output.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace {

// What is no name of a variable may be the key itself, which must not be printed.
bool is_usual_variable(const std::string& name) {
  return name.size() < 16 || name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == name.npos;
}

std::string missing_variable(const std::string& name) {
  return is_usual_variable(name)
             ? name + " is not set: set it to the key"
             : "--api-key-env takes the name of a variable that is set, such as HF_TOKEN; never the key itself";
}

duration limit(std::string_view option, const std::string& given) {
  try {
    return parse_duration(given);
  } catch (const error& e) {
    throw error(errc::invalid_argument, fmt::format("{}: {}", option, e.failure().message()));
  }
}

// Adds the options of a group, each of which has a value.
auto adder(CLI::App& command) {
  return [&command](const char* group) {
    return [&command, group](const char* name, auto& value, const char* type, const char* description) {
      return never_empty(command.add_option(name, value, description))->type_name(type)->group(group);
    };
  };
}

} // namespace

void common_options::add_to(CLI::App& command) {
  add_target_to(command);
  add_limits_to(command);
  command.add_flag("--json", json, "Print one JSON object per event, and a final one with the outcome")
      ->group("Output");
  command.add_flag("-v,--verbose", verbose, "Show reasoning and the timeline of all attempts on stderr")
      ->group("Output");
  command.add_flag("-q,--quiet", quiet, "Print no summary on stderr")->group("Output");
}

void common_options::add_to_job(CLI::App& command) {
  add_target_to(command);
  deadline_name_ = "--call-deadline";
  add_limits_to(command);
  command.add_flag("--json", json, "Print the report as a JSON object on stdout")->group("Output");
  command.add_flag("-v,--verbose", verbose, "Say which settings are read")->group("Output");
  command.add_flag("-q,--quiet", quiet, "Show no progress and no report")->group("Output");
}

void common_options::add_target_to(CLI::App& command) {
  const auto add = adder(command);
  add("Settings")("--config", config_, "FILE",
                  "A configuration file, or none (default: ~/.config/weir/weir.json, then ./weir.json)");

  const auto where = add("Target");
  where("-p,--provider", provider_, "NAME", "auto, a provider's name, openai or tgi (default: auto)");
  where("-m,--model", model_, "NAME", "The model; with auto also NAME:fastest, :cheapest, :preferred or :PROVIDER");
  where("--base-url", base_url_, "URL",
        "The URL of a dedicated endpoint or any compatible server; without --model it is asked for the model tgi");
  where("--key-header", key_header_, "NAME",
        "The header of that server's key, such as api-key (default: authorization)");
  command
      .add_option_function<std::string>(
          "--key-scheme", [this](const std::string& word) { key_scheme_ = word; },
          "The word before the key, \"\" for none (default: Bearer in authorization, none in other headers)")
      ->type_name("WORD")
      ->group("Target");
  repeatable(where("--query", query_, "NAME=VALUE", "A parameter of every URL at that server (repeatable)"));
  where("--unix-socket", unix_socket_, "PATH", "Connect to this Unix socket instead of the host");
  where("--api-key-env", key_variable_, "NAME", "Read the API key from this environment variable");
  where("--bill-to", bill_to_, "NAME", "The organisation to bill (Hugging Face only)");
  repeatable(where("--header", headers_, "'K: V'", "An extra request header (repeatable)"));
  where("--proxy", proxy_, "URL",
        "http://[user:password@]host:port, or none (default: from HTTPS_PROXY, HTTP_PROXY or ALL_PROXY)");

  command.add_flag("--http2,!--http1.1", http2_, "Use HTTP/2 where a server offers it (--http1.1: do not)")
      ->group("Target");

  const auto trust = add("TLS");
  trust("--cacert", ca_file_, "FILE", "CA certificates to trust instead of the system's (PEM)");
  trust("--cert", client_certificate_, "FILE", "The client certificate (PEM)");
  trust("--key", client_key_, "FILE", "The client certificate's private key (PEM)");
}

void common_options::add_limits_to(CLI::App& command) {
  const auto add = adder(command);
  const auto time = add("Timeouts, such as 250ms, 30s or 5m; 0 for none");
  time(deadline_name_, deadline_, "TIME", "For the whole call (default: 10m)");
  time("--first-token-timeout", first_token_timeout_, "TIME",
       "From sending the request to the first token (default: 2m)");
  time("--token-timeout", token_timeout_, "TIME", "Between two tokens (default: 1m)");
  time("--connect-timeout", connect_timeout_, "TIME", "For name resolution, connecting and TLS (default: 10s)");

  const auto policy = add("Failures");
  whole_number(policy("--retries", retries_, "N", "Retries after the first attempt (default: 2)"), 0, 99);
  repeatable(
      policy("--fallback", fallbacks_, "PROVIDER/MODEL", "A target to try if the ones before it fail (repeatable)"));
  policy("--hedge", hedge_, "TIME",
         "Send a second request if there is no first token by then; the first to respond wins");

  auto* wait = command
                   .add_flag("--wait", wait_,
                             "Take a 503 from any server for a cold start and wait for it "
                             "(default: only from Hugging Face endpoints)")
                   ->group("Failures");
  command.add_flag("--no-wait", no_wait_, "Do not wait for an endpoint that is starting")
      ->group("Failures")
      ->excludes(wait);
}

void common_options::add_cost_to(CLI::App& command) {
  cost_.add_to(command);
  pays_ = true;
}

void common_options::add_shown_cost_to(CLI::App& command) {
  cost_.add_to(command);
  only_shows_ = true;
}

call_options common_options::for_each_call() const {
  auto all = cost_.call();
  cache.apply(all);
  return all;
}

std::string for_shell(const std::string& word) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789%+,-./:=@_";
  if (!word.empty() && word.find_first_not_of(plain) == word.npos)
    return word;
  std::string quoted = "'";
  for (const char c : word)
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::vector<std::string> common_options::config_files() const {
  if (config_ == "none")
    return {};
  return config_.empty() ? find_configs() : std::vector<std::string>{config_};
}

bool common_options::names_target() const noexcept {
  return !provider_.empty() || !base_url_.empty() || !unix_socket_.empty() || !model_.empty();
}

std::string common_options::model() const { return model_.empty() ? std::string() : as_text(model_, "--model"); }

// How the server that is named there, or in the file, wants its key.
void common_options::own_server(weir::options& o) const {
  if (!key_header_.empty())
    o.key_header(key_header_).key_scheme(std::nullopt);
  if (key_scheme_)
    o.key_scheme(key_scheme_);
  for (const auto& parameter : query_) {
    const auto sign = parameter.find('=');
    if (sign == std::string::npos || sign == 0)
      throw error(errc::invalid_argument, "--query takes NAME=VALUE");
    o.query(parameter.substr(0, sign), parameter.substr(sign + 1));
  }
}

// A target on the command line replaces everything that the file says about targets.
void common_options::where_to(weir::options& o) const {
  if (!provider_.empty() || !base_url_.empty() || !unix_socket_.empty())
    o.provider(provider_.empty() ? "auto" : provider_)
        .base_url(base_url_)
        .unix_socket(unix_socket_)
        .key_header({})
        .key_scheme(std::nullopt)
        .query({});
  if (!model_.empty())
    o.model(model());
  if (names_target())
    o.routing(routing()).tiers(tiers());
}

std::string common_options::target_words() const {
  std::string words;
  const auto add = [&words](std::string_view option, const std::string& value) {
    if (!value.empty())
      words += fmt::format(" {} {}", option, for_shell(value));
  };
  add("--config", config_);
  add("-p", provider_);
  add("-m", model_);
  add("--base-url", base_url_);
  add("--unix-socket", unix_socket_);
  add("--cacert", ca_file_);
  add("--cert", client_certificate_);
  add("--key", client_key_);
  add("--key-header", key_header_);
  if (key_scheme_)
    words += " --key-scheme " + for_shell(*key_scheme_);
  for (const auto& parameter : query_)
    add("--query", parameter);
  add("--api-key-env", is_usual_variable(key_variable_) ? key_variable_ : std::string());
  add("--bill-to", bill_to_);
  return words;
}

void common_options::key_to(weir::options& o, std::string* unset) const {
  if (key_variable_.empty())
    return;
  const char* key = std::getenv(key_variable_.c_str());
  auto given = key ? key_from(key, key_variable_) : secret();
  if (!given && unset && is_usual_variable(key_variable_)) {
    *unset = key_variable_;
    return;
  }
  if (!given)
    throw error(errc::missing_key, missing_variable(key_variable_));
  auto all = o.credentials();
  reject_short_key(given, key_variable_);
  all.default_key(std::move(given));
  o.credentials(std::move(all)).keys(key_pool());
}

loaded_options common_options::read(std::string* unset) const {
  loaded_options all;
  auto& o = all.settings;
  if (config_ == "none")
    o = from_environment();
  else
    all = load_with_keys(config_.empty() ? std::nullopt : std::optional(config_), {}, tell_alert);
  where_to(o);
  own_server(o);
  if (!bill_to_.empty())
    o.bill_to(bill_to_);
  if (!ca_file_.empty())
    o.ca_file(ca_file_);
  if (!proxy_.empty())
    o.proxy(proxy_);
  if (http2_)
    o.http2(*http2_);
  if (!client_certificate_.empty())
    o.client_certificate(client_certificate_);
  if (!client_key_.empty()) {
    if (o.client_certificate().empty())
      throw error(errc::invalid_argument,
                  "--key is the private key of --cert, which is missing; an API key is read from "
                  "a variable: --api-key-env NAME");
    o.client_key(client_key_);
  }
  key_to(o, unset);
  if (!deadline_.empty())
    o.deadline(limit(deadline_name_, deadline_));
  if (!first_token_timeout_.empty())
    o.first_token_timeout(limit("--first-token-timeout", first_token_timeout_));
  if (!token_timeout_.empty())
    o.inter_token_timeout(limit("--token-timeout", token_timeout_));
  if (!connect_timeout_.empty())
    o.connect_timeout(limit("--connect-timeout", connect_timeout_));
  if (retries_ >= 0)
    o.retry(retry(o.retry()).attempts(static_cast<unsigned>(retries_) + 1));
  if (wait_)
    o.cold_start(cold_start(o.cold_start()).wait(true).any_host(true));
  if (no_wait_)
    o.cold_start(cold_start(o.cold_start()).wait(false));
  if (!fallbacks_.empty()) {
    auto back = o.fallback();
    back.targets({});
    for (const auto& text : fallbacks_)
      back.to(target(text));
    o.fallback(std::move(back));
  }
  if (!hedge_.empty())
    o.hedge(hedge(o.hedge()).after(limit("--hedge", hedge_)).max_extra_load(1));
  for (const auto& h : headers_) {
    const auto colon = h.find(':');
    if (colon == std::string::npos || colon == 0)
      throw error(errc::invalid_argument, "--header takes 'name: value'");
    auto value = h.substr(colon + 1);
    value.erase(0, value.find_first_not_of(' '));
    o.header(h.substr(0, colon), value);
  }
  if (only_shows_)
    cost_.look(o);
  else
    cache.apply(o);
  if (pays_)
    cost_.apply(o);
  return all;
}

void tell_unset_keys(const loaded_options& given) {
  for (const auto& key : given.keys)
    if (const auto problem = key.problem(); !problem.empty())
      say(stderr, "{}\n", problem);
}

std::string read_file(const std::string& path) {
  if (path.empty())
    throw error(errc::invalid_argument, "the file name is missing: write @FILE");
  const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && signals::received() != 0)
    throw error(errc::cancelled, "interrupted");
  if (!file)
    throw error(errc::invalid_argument, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  return read_all(file.get(), path);
}

std::string read_input(const std::string& given) {
  if (given == "-")
    return read_all(STDIN_FILENO, "standard input");
  if (given.starts_with('@'))
    return read_file(given.substr(1));
  return given;
}

} // namespace weir::inline v0::cli
