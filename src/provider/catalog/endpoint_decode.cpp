#include "provider/catalog/endpoint_decode.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "codec/json/json.hpp"
#include "provider/response/errors.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

json::value parsed(std::string_view body, std::string_view what) {
  error_code ec;
  auto v = codec::parse_json(body, ec);
  if (ec)
    throw error(errc::malformed_response, "the response is not JSON, so it is not a " + std::string(what) +
                                              ": check that the server is a text-generation one");
  return v;
}

[[noreturn]] void no(std::string_view what) {
  throw error(errc::malformed_response,
              "the response is not a " + std::string(what) + ": check that the server is a text-generation one");
}

std::vector<text_token> tokens_of(const json::array& list) {
  std::vector<text_token> all;
  all.reserve(list.size());
  for (const auto& v : list) {
    auto& t = all.emplace_back();
    const auto id = codec::int_at(v, "id");
    if (!id)
      no("list of tokens");
    t.id = *id;
    t.text = codec::string_at(v, "text").value_or("");
    t.start = codec::uint_at(v, "start").value_or(0);
    t.stop = codec::uint_at(v, "stop").value_or(0);
  }
  return all;
}

bool name_part(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == ':';
}

std::string_view take_name(std::string_view& rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), name_part);
  const auto n = static_cast<std::size_t>(end - rest.begin());
  const auto name = rest.substr(0, n);
  rest.remove_prefix(n);
  return name;
}

void skip_blanks(std::string_view& rest) { rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size())); }

bool take(std::string_view& rest, char c) {
  skip_blanks(rest);
  if (!rest.starts_with(c))
    return false;
  rest.remove_prefix(1);
  return true;
}

// The inside of a quoted string, with \\, \" and \n.
std::optional<std::string> take_quoted(std::string_view& rest) {
  if (!take(rest, '"'))
    return std::nullopt;
  std::string out;
  while (!rest.empty()) {
    char c = rest.front();
    rest.remove_prefix(1);
    if (c == '"')
      return out;
    if (c == '\\') {
      if (rest.empty())
        return std::nullopt;
      c = rest.front() == 'n' ? '\n' : rest.front();
      rest.remove_prefix(1);
    }
    out += c;
  }
  return std::nullopt;
}

std::optional<double> take_number(std::string_view& rest) {
  skip_blanks(rest);
  const auto word = rest.substr(0, rest.find_first_of(" \t"));
  rest.remove_prefix(word.size());
  if (word == "NaN")
    return std::numeric_limits<double>::quiet_NaN();
  if (word == "+Inf" || word == "Inf")
    return std::numeric_limits<double>::infinity();
  if (word == "-Inf")
    return -std::numeric_limits<double>::infinity();
  const auto digits = word.substr(word.starts_with('+') ? 1 : 0);
  double n = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
  return ec == std::errc() && end == digits.data() + digits.size() ? std::optional(n) : std::nullopt;
}

std::optional<metric_sample> read_sample(std::string_view line) {
  metric_sample s;
  s.name = take_name(line);
  if (s.name.empty())
    return std::nullopt;
  if (take(line, '{')) {
    while (!take(line, '}')) {
      skip_blanks(line);
      const auto key = take_name(line);
      if (key.empty() || !take(line, '='))
        return std::nullopt;
      auto value = take_quoted(line);
      if (!value)
        return std::nullopt;
      s.labels.emplace_back(key, sanitize(*value));
      if (!take(line, ',') && !line.starts_with('}'))
        return std::nullopt;
    }
  }
  const auto value = take_number(line);
  if (!value)
    return std::nullopt;
  s.value = *value;
  // A time in milliseconds may follow, and nothing else.
  skip_blanks(line);
  return line.empty() || take_number(line) ? std::optional(std::move(s)) : std::nullopt;
}

} // namespace

endpoint_info parse_info(std::string_view body) {
  const auto v = parsed(body, "info");
  const auto* object = v.if_object();
  if (!object)
    no("info");
  endpoint_info i;
  bool known = false;
  for (const auto& member : *object) {
    const std::string_view key = member.key();
    const auto text = [&](std::string_view name, std::string& into) {
      if (key != name)
        return false;
      into = sanitize(codec::string_at(v, key).value_or(""), 512);
      return known = true;
    };
    const auto count = [&](std::string_view name, std::optional<std::uint64_t>& into) {
      if (key != name)
        return false;
      if (const auto n = codec::uint_at(v, key))
        into = n;
      return known = true;
    };
    const bool read =
        text("model_id", i.model_id) || text("model_sha", i.model_sha) || text("model_pipeline_tag", i.task) ||
        text("model_dtype", i.dtype) || text("model_device_type", i.device) || text("version", i.version) ||
        text("sha", i.sha) || text("docker_label", i.docker_label) || text("router", i.router) ||
        count("max_concurrent_requests", i.max_concurrent_requests) || count("max_best_of", i.max_best_of) ||
        count("max_stop_sequences", i.max_stop_sequences) || count("max_input_tokens", i.max_input_tokens) ||
        count("max_input_length", i.max_input_tokens) || count("max_total_tokens", i.max_total_tokens) ||
        count("max_batch_total_tokens", i.max_batch_total_tokens) ||
        count("max_client_batch_size", i.max_client_batch_size) || count("validation_workers", i.validation_workers);
    if (!read)
      i.more.emplace_back(sanitize(key, 128), codec::to_text(member.value()));
  }
  if (!known)
    no("info");
  return i;
}

std::vector<text_token> parse_tokens(std::string_view body) {
  const auto v = parsed(body, "list of tokens");
  const auto* list = v.if_array();
  if (!list)
    no("list of tokens");
  return tokens_of(*list);
}

chat_tokens parse_chat_tokens(std::string_view body) {
  const auto v = parsed(body, "tokenized chat");
  const auto* list = codec::array_at(v, "tokenize_response");
  if (!list)
    no("tokenized chat");
  chat_tokens c;
  c.tokens = tokens_of(*list);
  c.templated_text = codec::string_at(v, "templated_text").value_or("");
  return c;
}

std::vector<metric_sample> parse_metrics(std::string_view page) {
  std::vector<metric_sample> all;
  bool unreadable = false;
  while (!page.empty()) {
    const auto end = std::min(page.find('\n'), page.size());
    auto line = page.substr(0, end);
    page.remove_prefix(std::min(end + 1, page.size()));
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    skip_blanks(line);
    if (line.empty() || line.starts_with('#'))
      continue;
    if (auto s = read_sample(line))
      all.push_back(std::move(*s));
    else
      unreadable = true;
  }
  if (all.empty() && unreadable)
    throw error(errc::malformed_response, "the response is not in the Prometheus text format");
  return all;
}

std::optional<endpoint_health> health_of(const failure& f) noexcept {
  if (f.code() == errc::paused)
    return endpoint_health::paused;
  if (f.status() == 503)
    return f.remote_code() == "healthcheck" ? endpoint_health::unhealthy : endpoint_health::starting;
  // Without a health route of its own a container that starts answers so (docs/providers.md, "Dedicated endpoints").
  if (f.remote_code().empty() && (f.status() == 500 || f.status() == 502))
    return endpoint_health::starting;
  return std::nullopt;
}

std::string server_root(std::string_view base) {
  const auto without = [&base](std::string_view ending) {
    while (base.ends_with('/'))
      base.remove_suffix(1);
    if (base.ends_with(ending))
      base.remove_suffix(ending.size());
  };
  without("/chat/completions");
  without("/completions");
  without("/v1");
  without("");
  return std::string(base);
}

} // namespace weir::inline v0::provider
