// Z.ai: images are jobs, the text in an image comes at once (docs/providers.md, "Tasks" and "Jobs").
#include "provider/chat/common_encode.hpp"
#include "provider/jobs/polled_job.hpp"
#include "provider/offers.hpp"
#include "provider/response/error_words.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

constexpr auto pace = std::chrono::seconds(5);

// Width and height are one string here; one of them alone sets both.
void put_size(json::object& body) {
  const auto* width = body.if_contains("width");
  const auto* height = body.if_contains("height");
  if (!width && !height)
    return;
  const auto size = codec::to_text(width ? *width : *height) + 'x' + codec::to_text(height ? *height : *width);
  body.erase("width");
  body.erase("height");
  body["size"] = size;
}

http::request encode_image(const task_request& ask, const route& to) {
  json::object body;
  body["model"] = to.model;
  body["prompt"] = text_of(ask);
  for (auto& member : parameters_of(ask))
    body[member.key()] = std::move(member.value());
  put_size(body);
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

http::request encode_layout(const task_request& ask, const route& to) {
  json::object body;
  body["model"] = to.model;
  body["file"] = url_of(ask.inputs().front());
  for (auto& member : parameters_of(ask))
    body[member.key()] = std::move(member.value());
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

class image_job final : public polled_job<media_result> {
public:
  using polled_job::polled_job;

private:
  step read(const http::response_head&, const json::value& body) override {
    const auto status = codec::string_at(body, "task_status").value_or("");
    if (status == "FAIL")
      return failed(words_of_error(body), status);
    refuse_error(body);
    if (status == "SUCCESS") {
      if (const auto* images = codec::array_at(body, "image_result"))
        for (const auto& image : *images)
          result_.items.push_back(file_in(&image, "an image"));
      if (result_.items.empty())
        unexpected("a finished job without images");
      return step::done();
    }
    if (target_.empty()) {
      id_ = codec::string_at(body, "id").value_or("");
      target_ = to_.base + "/api/paas/v4/async-result/" + path_of_id(id_);
    }
    return poll(pace, target_, report(progress::stage::running, id_, status));
  }

  std::string id_, target_;
};

std::unique_ptr<job_protocol> start_image(const task_request&, const route& to) {
  return std::make_unique<image_job>(to);
}

text_result read_layout(const http::response_head&, std::string body) {
  const auto v = read_json(body);
  const auto text = codec::string_at(v, "md_results");
  if (!text)
    unexpected("no md_results");
  text_result r;
  r.texts.emplace_back(*text);
  return r;
}

std::unique_ptr<job_protocol> start_layout(const task_request&, const route&) {
  return std::make_unique<whole_answer<text_result>>(read_layout);
}

constexpr offer list[] = {
    offer(task::text_to_image, "/api/paas/v4/async/images/generations", encode_image, start_image),
    offer(task::image_to_text, "/api/paas/v4/layout_parsing", encode_layout, start_layout),
};

} // namespace

std::span<const offer> zai_offers() noexcept { return list; }

} // namespace weir::inline v0::provider
