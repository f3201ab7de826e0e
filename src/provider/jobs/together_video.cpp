#include "provider/jobs/together_video.hpp"

#include "provider/chat/common_encode.hpp"
#include "provider/jobs/polled_job.hpp"
#include "provider/response/error_words.hpp"

namespace weir::inline v0::provider {

namespace json = codec::json;

namespace {

constexpr auto pace = std::chrono::seconds(2);
// Of the image as it goes out, in base64 (docs/providers.md, "Tasks").
constexpr std::size_t largest_image = 60 << 10;

class video_job final : public polled_job<media_result> {
public:
  using polled_job::polled_job;

private:
  step read(const http::response_head&, const json::value& body) override {
    const auto status = codec::string_at(body, "status").value_or("queued");
    if (status == "failed" || status == "cancelled") {
      return failed(words_of_error(body), status);
    }
    if (status == "completed") {
      const auto* outputs = codec::find(body, "outputs");
      result_.items.push_back(file_in(outputs ? codec::find(*outputs, "video_url") : nullptr, "a video"));
      return step::done();
    }
    if (target_.empty()) {
      refuse_error(body);
      id_ = codec::string_at(body, "id").value_or("");
      const auto query = query_of(to_.target);
      target_ = to_.target.substr(0, to_.target.size() - query.size()) + '/' + path_of_id(id_) + std::string(query);
    }
    return poll(pace, target_,
                report(status == "queued" ? progress::stage::queued : progress::stage::running, id_, status));
  }

  std::string id_, target_;
};

} // namespace

http::request encode_together_video(const task_request& ask, const route& to) {
  json::object body;
  body["model"] = to.model;
  if (!ask.texts().empty())
    body["prompt"] = text_of(ask);
  if (!ask.inputs().empty()) {
    json::object frame;
    const auto image = url_of(ask.inputs().front());
    if (image.size() > largest_image)
      throw error(errc::invalid_argument, "together accepts a first image of up to about 45 KB, and this one has " +
                                              std::to_string(image.size() * 3 / 4 / 1000) +
                                              " KB: make it smaller, or pass its URL");
    frame["input_image"] = image;
    frame["frame"] = "first";
    json::array frames;
    frames.push_back(std::move(frame));
    body["frame_images"] = std::move(frames);
  }
  for (auto& member : parameters_of(ask))
    body[member.key()] = std::move(member.value());
  rename(body, "num_inference_steps", "steps");
  if (const auto size = take(body, "target_size"); size.is_object()) {
    for (const auto* side : {"width", "height"})
      if (const auto* length = codec::find(size, side))
        body[side] = *length;
  }
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

std::unique_ptr<job_protocol> start_together_video(const task_request&, const route& to) {
  return std::make_unique<video_job>(to);
}

} // namespace weir::inline v0::provider
