#include "provider/chat/common_encode.hpp"

namespace weir::inline v0::provider {

namespace json = codec::json;

http::request json_request(const route& to, const json::object& body, const codec::long_texts& texts) {
  http::request r;
  r.to = to.to;
  r.target = to.target;
  r.headers = to.headers;
  r.headers.set("content-type", "application/json");
  r.auth = to.auth;
  r.body = codec::to_text(body, texts);
  return r;
}

void merge_extra(json::object& body, const std::vector<std::pair<std::string, std::string>>& extra) {
  for (const auto& [key, text] : extra) {
    if (key == "model" || key == "stream")
      throw error(errc::invalid_argument, "extra_body may not set \"" + key + "\": the request sets it itself");
    body[key] = codec::parse_argument(text, "extra_body \"" + key + "\"");
  }
}

} // namespace weir::inline v0::provider
