// WaveSpeed: every task is a job that is polled (facts §1.4, §1.5).
#include "http/url.hpp"
#include "provider/encode.hpp"
#include "provider/errors.hpp"
#include "provider/offers.hpp"
#include "provider/task_fields.hpp"

namespace weir::provider {

namespace {

namespace json = codec::json;

constexpr auto pace = std::chrono::milliseconds(500);

// One transparent pixel: what edit models are given where there is no image.
constexpr std::string_view no_image =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

http::request encode(const task_request& ask, const route& to) {
  json::object body;
  const bool text_only = ask.what() == task::text_to_image || ask.what() == task::text_to_video;
  if (!text_only)
    body["image"] = ask.inputs().empty() ? "data:image/png;base64," + std::string(no_image)
                                         : url_of(ask.inputs().front(), "image/jpeg");
  if (const auto prompt = text_of(ask); !prompt.empty())
    body["prompt"] = prompt;
  for (auto& member : parameters_of(ask))
    body[member.key()] = std::move(member.value());
  if (to.lora)
    body["loras"] = json::array{json::object{{"path", to.lora->hub_model}, {"scale", 1}}};
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

class wavespeed_job final : public job_protocol {
public:
  explicit wavespeed_job(const route& to) : to_(to) {}

  step on_answer(const http::response_head&, std::string body) override {
    try {
      return read(read_json(body));
    } catch (const error& e) {
      return step::failed(e.failure());
    }
  }
  std::vector<media*> parts() override {
    std::vector<media*> all;
    for (auto& m : result_.items)
      all.push_back(&m);
    return all;
  }
  std::any take() override { return std::any(std::move(result_)); }

private:
  step read(const json::value& body) {
    const auto* data = codec::find(body, "data");
    if (!data)
      unexpected("no data");
    const auto status = codec::string_at(*data, "status").value_or("created");
    if (status == "failed" || codec::string_at(*data, "error").value_or("") != "") {
      remote_error e;
      e.message = codec::string_at(*data, "error").value_or("");
      return step::failed(job_failure(to_, e));
    }
    if (status == "completed") {
      const auto* outputs = codec::array_at(*data, "outputs");
      if (!outputs || outputs->empty())
        unexpected("a completed job without outputs");
      for (const auto& url : *outputs)
        result_.items.push_back(media_at(url.is_string() ? std::string_view(url.get_string()) : std::string_view()));
      return step::done();
    }
    if (poll_.empty())
      poll_ = poll_target(*data);
    progress now;
    now.at = status == "processing" ? progress::stage::running : progress::stage::queued;
    now.job = codec::string_at(*data, "id").value_or("");
    now.status = status;
    return step::again(pace, get_request(to_, poll_), std::move(now));
  }

  // The path of the URL that the provider names, at the origin that was asked: a routed job is polled
  // through the router.
  std::string poll_target(const json::value& data) const {
    const auto* urls = codec::find(data, "urls");
    const auto get = urls ? codec::string_at(*urls, "get") : std::nullopt;
    if (!get)
      unexpected("a job without the URL of its state");
    return to_.base + http::parse_url(*get).target;
  }

  route to_;
  std::string poll_;
  media_result result_;
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

} // namespace weir::provider
