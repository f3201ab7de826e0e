// WaveSpeed: every task is a job that is polled (docs/providers.md, "Tasks" and "Jobs").
#include "provider/chat/common_encode.hpp"
#include "provider/jobs/polled_job.hpp"
#include "provider/offers.hpp"
#include "provider/response/error_words.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

constexpr auto pace = std::chrono::milliseconds(500);

// One transparent pixel: sent to editing models if there is no image.
constexpr std::string_view no_image =
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR42mNgAAIAAAUAAen63NgAAAAASUVORK5CYII=";

http::request encode(const task_request& ask, const route& to) {
  json::object body;
  const bool text_only = ask.what() == task::text_to_image || ask.what() == task::text_to_video;
  if (!text_only)
    body["image"] = ask.inputs().empty() ? std::string(no_image) : url_of(ask.inputs().front());
  if (!ask.texts().empty())
    body["prompt"] = text_of(ask);
  for (auto& member : parameters_of(ask))
    body[member.key()] = std::move(member.value());
  if (to.lora) {
    json::object lora;
    lora["path"] = to.lora->hub_model;
    lora["scale"] = 1;
    json::array loras;
    loras.push_back(std::move(lora));
    body["loras"] = std::move(loras);
  }
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

class wavespeed_job final : public polled_job<media_result> {
public:
  using polled_job::polled_job;

  // Documented as "cancel or delete": https://wavespeed.ai/docs/delete-task
  std::optional<http::request> cancel() const override {
    if (id_.empty() || over_)
      return std::nullopt;
    return job_request(to_, "DELETE", to_.base + "/api/v3/predictions/" + path_of_id(id_));
  }

private:
  step read(const http::response_head&, const json::value& body) override {
    const auto* data = codec::find(body, "data");
    if (!data || !data->is_object()) {
      if (!words_of_error(body).empty())
        throw error(in_band_failure(read_error(body), false));
      unexpected("no data");
    }
    const auto status = codec::string_at(*data, "status").value_or("created");
    const auto why = codec::string_at(*data, "error").value_or("");
    if (status == "failed" || !why.empty()) {
      over_ = true;
      return failed(why, status);
    }
    if (status == "completed") {
      over_ = true;
      if (const auto* outputs = codec::array_at(*data, "outputs"))
        for (const auto& file : *outputs)
          result_.items.push_back(file_in(&file, "an output"));
      if (result_.items.empty())
        unexpected("a completed job without outputs");
      return step::done();
    }
    if (target_.empty()) {
      const auto* urls = codec::find(*data, "urls");
      const auto get = urls ? codec::string_at(*urls, "get") : std::nullopt;
      if (!get)
        unexpected("a job without a status URL");
      target_ = path_at_origin(to_, *get);
      id_ = codec::string_at(*data, "id").value_or("");
      if (!id_.empty())
        path_of_id(id_);
    }
    return poll(pace, target_,
                report(status == "created" ? progress::stage::queued : progress::stage::running, id_, status));
  }

  std::string id_, target_;
  bool over_ = false;
};

std::unique_ptr<job_protocol> start(const task_request&, const route& to) {
  return std::make_unique<wavespeed_job>(to);
}

constexpr std::string_view path = "/api/v3/{model}";
constexpr offer list[] = {
    offer(task::text_to_image, path, encode, start),
    offer(task::image_to_image, path, encode, start).fetches_urls(),
    offer(task::image_text_to_image, path, encode, start).fetches_urls(),
    offer(task::text_to_video, path, encode, start),
    offer(task::image_to_video, path, encode, start).fetches_urls(),
    offer(task::image_text_to_video, path, encode, start).fetches_urls(),
};

} // namespace

std::span<const offer> wavespeed_offers() noexcept { return list; }

} // namespace weir::inline v0::provider
