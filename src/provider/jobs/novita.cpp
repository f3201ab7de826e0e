// Novita's videos. The route answers with the video, or with the id of a job (docs/providers.md, "Jobs").
#include "provider/chat/common_encode.hpp"
#include "provider/jobs/polled_job.hpp"
#include "provider/offers.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

constexpr auto pace = std::chrono::milliseconds(500);

http::request encode(const task_request& ask, const route& to) {
  json::object body;
  body["prompt"] = text_of(ask);
  for (auto& member : parameters_of(ask))
    body[member.key()] = std::move(member.value());
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

class novita_job final : public polled_job<media_result> {
public:
  using polled_job::polled_job;

private:
  step read(const http::response_head&, const json::value& body) override {
    if (id_.empty()) {
      refuse_error(body);
      if (const auto* video = codec::find(body, "video")) {
        result_.items.push_back(file_in(codec::find(*video, "video_url"), "a video"));
        return step::done();
      }
      const auto id = codec::string_at(body, "task_id");
      if (!id)
        unexpected("neither a video nor a job");
      target_ = to_.base + "/v3/async/task-result?task_id=" + path_of_id(*id);
      id_ = *id;
      return poll(pace, target_, report(progress::stage::submitted, id_, ""));
    }
    const auto* task = codec::find(body, "task");
    const auto status = task ? codec::string_at(*task, "status").value_or("") : std::string_view();
    if (status == "TASK_STATUS_FAILED")
      return failed(codec::string_at(*task, "reason").value_or(""), status);
    if (status == "TASK_STATUS_SUCCEED") {
      if (const auto* videos = codec::array_at(body, "videos"))
        for (const auto& v : *videos)
          result_.items.push_back(file_in(codec::find(v, "video_url"), "a video"));
      if (result_.items.empty())
        unexpected("a finished job without videos");
      return step::done();
    }
    if (!task)
      unexpected("a job without a state");
    auto now = report(status == "TASK_STATUS_QUEUED" ? progress::stage::queued : progress::stage::running, id_, status);
    if (const auto percent = codec::number_at(*task, "progress_percent"); percent && *percent >= 0 && *percent <= 100)
      now.fraction = *percent / 100;
    return poll(pace, target_, std::move(now));
  }

  std::string id_, target_;
};

std::unique_ptr<job_protocol> start(const task_request&, const route& to) { return std::make_unique<novita_job>(to); }

constexpr offer list[] = {offer(task::text_to_video, "/v3/hf/{model}", encode, start)};

} // namespace

std::span<const offer> novita_offers() noexcept { return list; }

} // namespace weir::inline v0::provider
