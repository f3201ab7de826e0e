// Reading responses that contain the result: what the dialects share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/task/request.hpp>
#include <weir/task/results.hpp>

#include "codec/json/json.hpp"
#include "provider/answer/units.hpp"
#include "provider/dialect.hpp"
#include "provider/jobs/job.hpp"

namespace weir::inline v0::provider {

/// The media in a result, for job_protocol::parts().
std::vector<media*> media_in(media_result& r);
std::vector<media*> media_in(audio_tracks& r);
std::vector<media*> media_in(segmentation& r);
std::vector<media*> media_in(transcription& r);

/// A job whose first response is the result, and whose form depends on how many inputs were sent: some servers do not
/// nest the response to a single input, or unwrap lists of one.
template <class Result>
class counted_answer final : public job_protocol {
public:
  using reader = Result(std::string body, std::size_t inputs);
  counted_answer(reader* read, std::size_t inputs) : read_(read), inputs_(inputs) {}

  step on_answer(const http::response_head&, std::string body) override {
    try {
      result_ = read_(std::move(body), inputs_);
    } catch (const error& e) {
      return step::failed(e.failure());
    }
    return step::done();
  }
  std::any take() override { return std::any(std::move(result_)); }
  usage used() const override { return usage_of(result_); }

private:
  reader* read_;
  std::size_t inputs_;
  Result result_;
};

template <class Result>
std::unique_ptr<job_protocol> make_counted(Result (*read)(std::string, std::size_t), std::size_t inputs) {
  return std::make_unique<counted_answer<Result>>(read, inputs);
}
template <class Result>
std::unique_ptr<job_protocol> make_whole(Result (*read)(const http::response_head&, std::string)) {
  return std::make_unique<whole_answer<Result>>(read);
}
template <class Result>
std::unique_ptr<job_protocol> make_whole_with_media(Result (*read)(const http::response_head&, std::string)) {
  typename whole_answer<Result>::finder* find = media_in;
  return std::make_unique<whole_answer<Result>>(read, find);
}

/// offer::starter of a task that takes a list of texts.
template <auto read>
std::unique_ptr<job_protocol> per_text(const task_request& ask, const route&) {
  return make_counted(read, ask.texts().size());
}
/// offer::starter of a task with one input.
template <auto read>
std::unique_ptr<job_protocol> single(const task_request&, const route&) {
  return make_counted(read, 1);
}
/// offer::starter of a task whose response is read together with its head.
template <auto read>
std::unique_ptr<job_protocol> whole(const task_request&, const route&) {
  return make_whole(read);
}
/// The same for a result with media.
template <auto read>
std::unique_ptr<job_protocol> whole_with_media(const task_request&, const route&) {
  return make_whole_with_media(read);
}

/// The body is JSON, or is labelled so and could be.
bool is_json(const http::response_head& head, std::string_view body) noexcept;

/// \throws weir::error errc::unexpected_content for an HTML page, which a gateway or a login may send instead of a
/// file.
void refuse_page(std::string_view start);

// Members that a response must have; errc::unexpected_content names the one that is missing or wrong.
const codec::json::array& list_of(const codec::json::value& v);
std::string needed_text(const codec::json::value& v, std::string_view key);
double needed_number(const codec::json::value& v, std::string_view key);
/// Bytes in base64, or in a `data:` URL.
media needed_bytes(const codec::json::value& v, std::string_view key, std::string_view content_type = {});

/// Images, videos or audio: the body itself, or JSON with `data[].b64_json`, `data[].url` or `output`.
media_result read_media(const http::response_head& head, std::string body);

/// `{text, chunks | segments, language, duration}`, or the plain text.
transcription read_transcription(const http::response_head& head, std::string body);

} // namespace weir::inline v0::provider
