#include "tool/common.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include <weir/core/error.hpp>

#include "tool/duration.hpp"

namespace weir::cli {

void common_options::add_to(CLI::App& command) {
  auto* where = command.add_option_group("Where to");
  where->add_option("-p,--provider", provider_, "auto, a provider's name, openai or tgi")->capture_default_str();
  where->add_option("-m,--model", model_, "The model; with auto also NAME:fastest, :cheapest, :preferred, :PROVIDER");
  where->add_option("--base-url", base_url_, "A dedicated endpoint or any compatible server");
  where->add_option("--unix-socket", unix_socket_, "Connect to this socket instead of the host");
  where->add_option("--api-key-env", key_variable_, "Take the key from this environment variable");
  where->add_option("--bill-to", bill_to_, "The organisation that pays (Hugging Face)");
  where->add_option("--header", headers_, "A further header, 'name: value' (repeatable)")->take_all();
  where->add_option("--proxy", proxy_, "http://[user:password@]host:port, or none; default: HTTPS_PROXY and its kin");

  auto* trust = command.add_option_group("Trust");
  trust->add_option("--cacert", ca_file_, "PEM file of the authorities to trust instead of the system's");
  trust->add_option("--cert", client_certificate_, "PEM file of a client certificate");
  trust->add_option("--key", client_key_, "PEM file of its private key");

  auto* time = command.add_option_group("Limits (250ms, 30s, 5m; 0: none)");
  time->add_option("--deadline", deadline_, "For the whole call (default 10m)");
  time->add_option("--first-token", first_token_, "Until the first token (default 2m)");
  time->add_option("--gap", gap_, "Between two tokens (default 1m)");
  time->add_option("--connect", connect_, "For connecting (default 10s)");

  auto* output = command.add_option_group("Output");
  output->add_flag("--json", json, "One JSON object a line");
  output->add_flag("-v,--verbose", verbose, "Show the timeline of the attempts");
  output->add_flag("-q,--quiet", quiet, "No summary line");
}

weir::options common_options::make() const {
  auto o = from_environment();
  o.provider(provider_).model(model_).base_url(base_url_).bill_to(bill_to_).ca_file(ca_file_).proxy(proxy_);
  o.unix_socket(unix_socket_).client_certificate(client_certificate_).client_key(client_key_);
  if (!key_variable_.empty()) {
    const char* key = std::getenv(key_variable_.c_str());
    if (!key || !*key)
      throw error(errc::missing_key, fmt::format("{} is not set: put the key into it", key_variable_));
    auto all = o.credentials();
    try {
      all.every(secret(key));
    } catch (const error& e) {
      throw error(errc::malformed_key, key_variable_ + ": " + e.failure().message());
    }
    o.credentials(std::move(all));
  }
  if (!deadline_.empty())
    o.deadline(parse_duration(deadline_));
  if (!first_token_.empty())
    o.first_token(parse_duration(first_token_));
  if (!gap_.empty())
    o.gap(parse_duration(gap_));
  if (!connect_.empty())
    o.connect(parse_duration(connect_));
  for (const auto& h : headers_) {
    const auto colon = h.find(':');
    if (colon == std::string::npos || colon == 0)
      throw error(errc::invalid_argument, "--header takes 'name: value'");
    auto value = h.substr(colon + 1);
    value.erase(0, value.find_first_not_of(' '));
    o.header(h.substr(0, colon), value);
  }
  return o;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    throw error(errc::invalid_argument, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string read_input(const std::string& given) {
  if (given == "-")
    return {std::istreambuf_iterator<char>(std::cin), {}};
  if (given.starts_with('@'))
    return read_file(given.substr(1));
  return given;
}

} // namespace weir::cli
