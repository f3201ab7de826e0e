#include "batch/output/answer_view.hpp"

#include <utility>

#include "codec/json/json_in_text.hpp"
#include "provider/chat/openai/openai_parts.hpp"

namespace weir::inline v0 {

namespace json = codec::json;

namespace {

const json::value* first_of(const json::value& v, std::string_view key) noexcept {
  const auto* list = codec::array_at(v, key);
  return list && !list->empty() ? &list->front() : nullptr;
}

// A file, or else a URL; neither of what stands in the body itself.
void add_place(std::vector<std::string>& to, const json::value& of) {
  for (const auto* key : {"path", "url"})
    if (const auto place = codec::string_at(of, key); place && !place->starts_with("data:")) {
      to.emplace_back(*place);
      return;
    }
}

} // namespace

answer_view::answer_view(std::string_view body) {
  error_code ec;
  if (auto v = codec::parse_json(body, ec); !ec)
    root_ = std::move(v);
}

std::optional<std::string_view> answer_view::text() const noexcept {
  if (const auto* choice = first_of(root_, "choices")) {
    const auto* message = codec::find(*choice, "message");
    return message ? codec::string_at(*message, "content") : codec::string_at(*choice, "text");
  }
  for (const auto* key : {"text", "answer"})
    if (const auto found = codec::string_at(root_, key))
      return found;
  if (const auto* text = first_of(root_, "texts"); text && text->is_string())
    return std::string_view(text->get_string());
  if (const auto* answer = first_of(root_, "answers"))
    return codec::string_at(*answer, "answer");
  return std::nullopt;
}

std::vector<std::string> answer_view::places() const {
  std::vector<std::string> all;
  for (const auto& [list, inner] :
       {std::pair("items", ""), std::pair("segments", "mask"), std::pair("tracks", "sound")})
    if (const auto* found = codec::array_at(root_, list))
      for (const auto& one : *found)
        if (const auto* medium = *inner == 0 ? &one : codec::find(one, inner))
          add_place(all, *medium);
  if (const auto* choice = first_of(root_, "choices"))
    if (const auto* message = codec::find(*choice, "message")) {
      if (const auto* images = codec::array_at(*message, "images"))
        for (const auto& one : *images)
          if (const auto* image = codec::find(one, "image_url"))
            add_place(all, *image);
      if (const auto* audio = codec::find(*message, "audio"))
        add_place(all, *audio);
    }
  return all;
}

const json::value* answer_view::json() const {
  if (!looked_) {
    looked_ = true;
    if (const auto found = text()) {
      error_code ec;
      if (auto v = codec::parse_json(codec::json_in_text(*found), ec); !ec)
        json_ = std::move(v);
    }
  }
  return json_ ? &*json_ : nullptr;
}

std::string_view answer_view::model() const noexcept { return codec::string_at(root_, "model").value_or(""); }

std::string_view answer_view::finish_reason() const noexcept {
  const auto* choice = first_of(root_, "choices");
  return choice ? codec::string_at(*choice, "finish_reason").value_or("") : "";
}

usage answer_view::usage() const {
  const auto* counts = codec::find(root_, "usage");
  return counts ? provider::read_usage(*counts) : weir::usage();
}

} // namespace weir::inline v0
