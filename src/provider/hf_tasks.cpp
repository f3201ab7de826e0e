// The tasks of hf-inference, and of dedicated endpoints that speak as it does (facts §1.4).
#include "provider/encode.hpp"
#include "provider/offers.hpp"
#include "provider/task_fields.hpp"

namespace weir::provider {

namespace {

namespace json = codec::json;

http::request encode_text(const task_request& ask, const route& to) {
  json::object body;
  body["inputs"] = texts_of(ask);
  body["parameters"] = parameters_of(ask);
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

text_result read_texts(std::string_view key, std::string_view body) {
  text_result r;
  const auto v = read_json(body);
  const auto* list = v.if_array();
  if (!list)
    unexpected("no list");
  for (const auto& one : *list) {
    const auto text = codec::string_at(one, key);
    if (!text)
      unexpected("an element without " + std::string(key));
    r.texts.emplace_back(*text);
  }
  return r;
}

text_result read_summaries(const http::response_head&, std::string body) { return read_texts("summary_text", body); }

media_result read_media(const http::response_head& head, std::string body) {
  media_result r;
  r.items.push_back(media_of(head, std::move(body)));
  return r;
}

std::vector<media*> media_in(media_result& r) {
  std::vector<media*> all;
  for (auto& m : r.items)
    all.push_back(&m);
  return all;
}

template <class Result, typename whole_answer<Result>::reader* read>
std::unique_ptr<job_protocol> whole(const task_request&, const route&) {
  return std::make_unique<whole_answer<Result>>(read);
}

std::unique_ptr<job_protocol> whole_media(const task_request&, const route&) {
  return std::make_unique<whole_answer<media_result>>(read_media, media_in);
}

constexpr std::string_view path = "/models/{model}";
constexpr offer list[] = {
    offer(task::summarization, path, encode_text, whole<text_result, read_summaries>),
    offer(task::text_to_image, path, encode_text, whole_media),
};

} // namespace

std::span<const offer> hf_offers() noexcept { return list; }

} // namespace weir::provider
