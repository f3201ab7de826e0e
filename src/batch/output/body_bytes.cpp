#include "batch/output/body_bytes.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include <weir/core/base64.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0 {

namespace json = codec::json;

namespace {

// Most bodies are told by this alone: nothing of them is parsed.
bool may_have_bytes(std::string_view body) noexcept {
  return body.find("base64") != body.npos || body.find("\"audio\":{\"data\"") != body.npos;
}

json::value* member(json::value& of, std::string_view name) noexcept {
  auto* const object = of.if_object();
  return object ? object->if_contains(name) : nullptr;
}

template <class Function>
void each_of(json::value& of, std::string_view list, const Function& f) {
  if (auto* const found = member(of, list); found && found->is_array())
    for (auto& one : found->get_array())
      f(one);
}

class replacing {
public:
  explicit replacing(const std::function<std::string(media& m)>& keep) : keep_(keep) {}

  void in(json::value& body) {
    each_of(body, "items", [this](json::value& one) { medium(one); });
    for (const auto& [list, inner] : {std::pair("segments", "mask"), std::pair("tracks", "sound")})
      each_of(body, list, [&](json::value& one) {
        if (auto* const found = member(one, inner))
          medium(*found);
      });
    each_of(body, "choices", [this](json::value& choice) {
      if (auto* const message = member(choice, "message"))
        this->message(*message);
    });
  }
  bool any() const noexcept { return any_; }

private:
  // As a task's result has it.
  void medium(json::value& v) {
    if (const auto path = kept(codec::string_at(v, "content_type").value_or(""), codec::string_at(v, "base64"))) {
      auto& o = v.get_object();
      o.erase("bytes");
      o.erase("base64");
      o["path"] = *path;
    }
  }
  void message(json::value& v) {
    each_of(v, "images", [this](json::value& one) {
      if (auto* const image = member(one, "image_url"))
        data_url(*image);
    });
    if (auto* const audio = member(v, "audio")) {
      if (const auto path = kept({}, codec::string_at(*audio, "data")))
        *audio = json::object{{"url", *path}};
      else
        data_url(*audio);
    }
  }
  void data_url(json::value& v) {
    constexpr std::string_view scheme = "data:", mark = ";base64,";
    const auto url = codec::string_at(v, "url").value_or("");
    const auto at = url.find(mark);
    if (!url.starts_with(scheme) || at == url.npos)
      return;
    if (const auto path = kept(url.substr(scheme.size(), at - scheme.size()), url.substr(at + mark.size())))
      v.get_object()["url"] = *path;
  }
  std::optional<std::string> kept(std::string_view type, std::optional<std::string_view> text) {
    auto bytes = text ? decode_base64(*text) : std::nullopt;
    if (!bytes || bytes->empty())
      return std::nullopt;
    media m;
    m.content_type = type;
    m.bytes = std::move(*bytes);
    any_ = true;
    return keep_(m);
  }

  const std::function<std::string(media& m)>& keep_;
  bool any_ = false;
};

} // namespace

bool replace_bytes(std::string& body, const std::function<std::string(media& m)>& keep) {
  if (!may_have_bytes(body))
    return false;
  error_code ec;
  auto v = codec::parse_json(body, ec);
  if (ec)
    return false;
  replacing r(keep);
  r.in(v);
  if (r.any())
    body = codec::to_text(v);
  return r.any();
}

} // namespace weir::inline v0
