// Replicate: every task is a prediction. `Prefer: wait` answers the quick ones at once; the others are
// polled (docs/providers.md, "Tasks" and "Jobs").
#include "codec/text/utf8.hpp"
#include "provider/chat/common_encode.hpp"
#include "provider/jobs/polled_job.hpp"
#include "provider/offers.hpp"
#include "provider/paths.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

constexpr auto pace = std::chrono::seconds(1);

void put_input(json::object& input, const task_request& ask) {
  switch (ask.what()) {
  case task::automatic_speech_recognition: input["audio"] = url_of(ask.inputs().front()); return;
  case task::text_to_speech: input["text"] = text_of(ask); return;
  case task::image_to_image: {
    json::array images;
    for (const auto& m : ask.inputs())
      images.emplace_back(url_of(m));
    // Each model reads one of these.
    input["image"] = images.front();
    input["images"] = images;
    input["input_image"] = images.front();
    input["input_images"] = std::move(images);
    break;
  }
  default: break;
  }
  if (!ask.texts().empty())
    input["prompt"] = text_of(ask);
}

http::request encode(const task_request& ask, const route& to) {
  json::object input;
  put_input(input, ask);
  for (auto& member : parameters_of(ask))
    input[member.key()] = std::move(member.value());
  if (to.lora && ask.what() == task::text_to_image)
    input["lora_weights"] = "https://huggingface.co/" + path_of_model(to.lora->hub_model);
  json::object body;
  body["input"] = std::move(input);
  const auto version = to.model.find(':');
  if (version != to.model.npos)
    body["version"] = std::string_view(to.model).substr(version + 1);
  merge_extra(body, ask.extra_body());
  auto r = json_request(to, body);
  if (version != to.model.npos)
    r.target = to.base + "/v1/predictions" + std::string(query_of(to.target));
  r.headers.set("prefer", "wait");
  return r;
}

void read_output(const json::value& output, media_result& r) {
  if (const auto* list = output.if_array())
    for (const auto& file : *list)
      r.items.push_back(file_in(&file, "a file"));
  else
    r.items.push_back(file_in(&output, "a file"));
  if (r.items.empty())
    unexpected("an empty list of files");
}

// The text itself if present, otherwise the file that contains it.
void read_output(const json::value& output, transcription& r, media& file) {
  const auto* list = output.if_array();
  if (list && !list->empty() && list->front().is_string()) {
    for (const auto& part : *list)
      if (part.is_string())
        r.text += part.get_string();
    return;
  }
  if (output.is_string()) {
    r.text = output.get_string();
    return;
  }
  r.chunks = chunks_in(output);
  for (const auto* key : {"transcription", "text", "translation"})
    if (const auto text = codec::string_at(output, key)) {
      r.text = *text;
      return;
    }
  file = file_in(codec::find(output, "txt_file"), "a transcription");
}

template <class Result>
class prediction final : public polled_job<Result> {
public:
  using polled_job<Result>::polled_job;

  std::optional<http::request> cancel() const override {
    if (path_.empty() || over_)
      return std::nullopt;
    return job_request(this->to_, "POST", cancel_.empty() ? path_ + "/cancel" : cancel_);
  }
  std::vector<media*> parts() override {
    if (!file_.url.empty())
      return {&file_};
    return media_in(this->result_);
  }
  std::any take() override {
    if constexpr (std::is_same_v<Result, transcription>)
      if (!file_.bytes.empty())
        codec::append_repaired(this->result_.text, file_.bytes);
    return std::any(std::move(this->result_));
  }

private:
  step read(const http::response_head& head, const json::value& body) override {
    const bool first = path_.empty();
    const auto status = codec::string_at(body, "status").value_or("");
    if (status == "failed" || status == "canceled" || status == "aborted") {
      over_ = true;
      return this->failed(codec::string_at(body, "error").value_or(""), status);
    }
    const auto* output = codec::find(body, "output");
    // A response to `Prefer: wait` has its output, though its state may lag behind.
    if (output && (status == "succeeded" || (first && head.status == 201))) {
      over_ = true;
      if constexpr (std::is_same_v<Result, transcription>)
        read_output(*output, this->result_, file_);
      else
        read_output(*output, this->result_);
      return step::done();
    }
    if (status == "succeeded")
      unexpected(codec::bool_at(body, "data_removed").value_or(false) ? "a result that has already been removed"
                                                                      : "a prediction without output");
    if (first) {
      this->refuse_error(body);
      locate(body);
    }
    auto now = report(status == "starting" ? progress::stage::queued : progress::stage::running,
                      codec::string_at(body, "id").value_or(""), status);
    if (const auto log = codec::string_at(body, "logs"); log && log->size() > logged_) {
      now.log = sanitize(log->substr(logged_));
      logged_ = log->size();
    }
    return this->poll(pace, path_, std::move(now));
  }

  void locate(const json::value& body) {
    const auto* urls = codec::find(body, "urls");
    if (const auto get = urls ? codec::string_at(*urls, "get") : std::nullopt)
      path_ = path_at_origin(this->to_, *get);
    else
      path_ = this->to_.base + "/v1/predictions/" + path_of_id(codec::string_at(body, "id").value_or(""));
    if (const auto cancel = urls ? codec::string_at(*urls, "cancel") : std::nullopt)
      cancel_ = path_at_origin(this->to_, *cancel);
  }

  std::string path_, cancel_;
  media file_;
  std::size_t logged_ = 0;
  bool over_ = false;
};

template <class Result>
std::unique_ptr<job_protocol> start(const task_request&, const route& to) {
  return std::make_unique<prediction<Result>>(to);
}

constexpr std::string_view path = "/v1/models/{model}/predictions";
constexpr offer list[] = {
    offer(task::text_to_image, path, encode, start<media_result>).fetches_urls(),
    offer(task::image_to_image, path, encode, start<media_result>).fetches_urls(),
    offer(task::text_to_video, path, encode, start<media_result>).fetches_urls(),
    offer(task::text_to_speech, path, encode, start<media_result>).fetches_urls(),
    offer(task::automatic_speech_recognition, path, encode, start<transcription>).fetches_urls(),
};

} // namespace

std::span<const offer> replicate_offers() noexcept { return list; }

} // namespace weir::inline v0::provider
