// What vendors have in common that take a job and are called again until it is done (docs/providers.md, "Jobs").
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/task/results.hpp>

#include "codec/json/json.hpp"
#include "provider/jobs/job.hpp"
#include "provider/response/errors.hpp"
#include "provider/tasks/answers.hpp"
#include "provider/tasks/task_fields.hpp"

namespace weir::inline v0::provider {

/// A provider's job id as one path segment or one query value.
/// \throws weir::error errc::unexpected_content for one that is empty, longer than 512 bytes, or not confined to its
/// segment.
std::string path_of_id(std::string_view id);

/// The path of a URL that the provider names, at the origin that was called: a job sent through the router is polled
/// through the router, and the key goes nowhere else, whatever host the URL has. The URL's query is left out.
/// \throws weir::error errc::unexpected_content for an invalid URL, or a path that leads elsewhere.
std::string path_at_origin(const route& to, std::string_view url);

/// The query of a target with its question mark; empty if it has none.
std::string_view query_of(std::string_view target) noexcept;

/// A request about a job, like get_request() with another method.
http::request job_request(const route& to, std::string_view method, std::string target);

/// A progress report. The provider's text is sanitized for a terminal.
progress report(progress::stage at, std::string_view job, std::string_view status);

/// The URL of a file from the provider: a string, or an object with `url`.
/// \throws weir::error errc::unexpected_content, naming `what`, if it is neither.
media file_in(const codec::json::value* v, std::string_view what);

/// The segments of a transcription: `chunks` with a pair of times, or `segments` with a start and an end.
std::vector<transcript_chunk> chunks_in(const codec::json::value& body);

/// A job: its state and result behind read().
template <class Result>
class polled_job : public job_protocol {
public:
  explicit polled_job(const route& to) : to_(to) {}

  step on_answer(const http::response_head& head, std::string body) final {
    try {
      error_code ec;
      const auto parsed = codec::parse_answer(body, ec);
      if (ec || !parsed.is_object())
        unexpected("not a JSON object");
      return read(head, parsed);
    } catch (const error& e) {
      return step::failed(without_key(e.failure(), to_));
    }
  }
  std::vector<media*> parts() override { return media_in(result_); }
  std::any take() override { return std::any(std::move(result_)); }

protected:
  /// Interprets a response; throws weir::error if it cannot.
  virtual step read(const http::response_head& head, const codec::json::value& body) = 0;

  step poll(duration wait, std::string target, progress now) const {
    return step::again(wait, get_request(to_, std::move(target)), std::move(now));
  }
  /// The provider reports that the job failed; `status` stands in for a missing reason.
  step failed(std::string_view message, std::string_view status) const {
    remote_error e;
    e.message = message.empty() ? std::string("job status: ").append(status) : std::string(message);
    return step::failed(job_failure(to_, e));
  }
  /// A response that is an error instead of a job.
  static void refuse_error(const codec::json::value& body) {
    if (is_error(body.get_object()))
      throw error(in_band_failure(read_error(body), false));
  }

  route to_;
  Result result_;
};

} // namespace weir::inline v0::provider
