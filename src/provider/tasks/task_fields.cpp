#include "provider/tasks/task_fields.hpp"

#include <cmath>

#include <weir/core/base64.hpp>

#include "http/message/url.hpp"
#include "provider/chat/common_encode.hpp"
#include "provider/response/errors.hpp"

namespace weir::inline v0::provider {

namespace json = codec::json;

namespace {

class as_json {
public:
  explicit as_json(std::string_view name) : name_(name) {}
  json::value operator()(bool v) const { return v; }
  json::value operator()(std::int64_t v) const { return v; }
  json::value operator()(std::uint64_t v) const { return v; }
  json::value operator()(double v) const {
    if (!std::isfinite(v))
      throw error(errc::invalid_argument, std::string(name_) + " is not a finite number");
    return v;
  }
  json::value operator()(const std::string& v) const { return json::value(v); }
  json::value operator()(const std::vector<std::string>& v) const { return json::array(v.begin(), v.end()); }
  json::value operator()(const json_text& v) const { return codec::parse_argument(v.text, name_); }

private:
  std::string_view name_;
};

} // namespace

json::value to_json(std::string_view name, const parameter_value& v) { return std::visit(as_json(name), v.value); }

json::object parameters_of(const task_request& ask) {
  json::object all;
  for (const auto& [name, v] : ask.parameters())
    all[name] = to_json(name, v);
  return all;
}

json::value take(json::object& from, std::string_view key) {
  const auto it = from.find(key);
  if (it == from.end())
    return nullptr;
  json::value v = std::move(it->value());
  from.stable_erase(it);
  return v;
}

void rename(json::object& o, std::string_view from, std::string_view to) {
  if (auto v = take(o, from); !v.is_null())
    o[to] = std::move(v);
}

json::value texts_of(const task_request& ask) {
  if (ask.texts().size() == 1)
    return json::value(ask.texts().front());
  return json::array(ask.texts().begin(), ask.texts().end());
}

std::string_view text_of(const task_request& ask) {
  if (ask.texts().size() > 1)
    throw error(errc::invalid_argument,
                std::string(name_of(ask.what())) + " takes one text at a time here, not a batch");
  return ask.texts().empty() ? std::string_view() : std::string_view(ask.texts().front());
}

const media& one_input(const task_request& ask) {
  if (ask.inputs().size() != 1)
    throw error(errc::invalid_argument, std::string(name_of(ask.what())) + " takes exactly one file here, not " +
                                            std::to_string(ask.inputs().size()));
  return ask.inputs().front();
}

std::string url_of(const media& m) {
  if (m.bytes.empty())
    return m.url;
  if (m.content_type.empty())
    throw error(errc::invalid_argument, (m.name.empty() ? std::string("an input") : m.name) +
                                            " is in no format that weir recognizes: set its content type, "
                                            "such as image/png, or pass a data: URL");
  return data_url(m.content_type, m.bytes);
}

std::string data_url(std::string_view content_type, std::string_view bytes) {
  std::string url("data:");
  url += content_type;
  url += ";base64,";
  url += encode_base64(bytes);
  return url;
}

std::optional<media> read_data_url(std::string_view url) {
  if (!url.starts_with("data:"))
    return std::nullopt;
  const auto comma = url.find(',');
  if (comma == std::string_view::npos)
    return std::nullopt;
  auto type = url.substr(5, comma - 5);
  constexpr std::string_view mark = ";base64";
  if (!type.ends_with(mark))
    return std::nullopt;
  type.remove_suffix(mark.size());
  auto bytes = decode_base64(url.substr(comma + 1), base64_space::skip);
  if (!bytes)
    return std::nullopt;
  return media(std::move(*bytes), std::string(type));
}

media media_at(std::string_view url) {
  if (url.starts_with("data:")) {
    auto inside = read_data_url(url);
    if (!inside)
      unexpected("an invalid data URL");
    return std::move(*inside);
  }
  if (!http::is_url(url))
    unexpected("a result whose URL is not http or https");
  return media::at(std::string(url));
}

media media_of(const http::response_head& head, std::string body) {
  if (body.empty())
    unexpected("an empty body");
  const auto type = head.headers.get("content-type");
  return media(std::move(body), type == "application/octet-stream" ? std::string() : std::string(type));
}

http::request get_request(const route& to, std::string target) {
  http::request r;
  r.method = "GET";
  r.to = to.to;
  r.target = std::move(target);
  r.headers = to.headers;
  r.headers.set("accept", "application/json");
  r.auth = to.auth;
  return r;
}

void unexpected(std::string_view what) {
  throw error(errc::unexpected_content, "unexpected response from the provider: " + std::string(what));
}

json::value read_json(std::string_view body) {
  error_code ec;
  auto v = codec::parse_answer(body, ec);
  if (ec)
    unexpected("not JSON");
  if (const auto* o = v.if_object(); o && is_error(*o))
    throw error(in_band_failure(read_error(v), false));
  return v;
}

} // namespace weir::inline v0::provider
