#include "provider/jobs/fal_job.hpp"

namespace weir::inline v0::provider {

std::string fal_queue_target(const route& to, std::string target) {
  if (!to.direct)
    target += target.find('?') == target.npos ? "?_subdomain=queue" : "&_subdomain=queue";
  return target;
}

void fal_queue::read(const route& to, const codec::json::value& body) {
  if (!submitted()) {
    if (is_error(body.get_object()))
      throw error(in_band_failure(read_error(body), false));
    // The path may name a different model from the requested one.
    const auto url = codec::string_at(body, "response_url");
    if (!url)
      unexpected("a job without the URL of its result");
    path_ = path_at_origin(to, *url);
    id_ = codec::string_at(body, "request_id").value_or("");
  }
  const auto status = codec::string_at(body, "status");
  if (!status && !status_.empty())
    unexpected("a job without a state");
  status_ = status.value_or("IN_QUEUE");
}

progress fal_queue::now(const codec::json::value& body) {
  const auto stage = status_ == "IN_QUEUE"    ? progress::stage::queued
                     : status_ == "COMPLETED" ? progress::stage::downloading
                                              : progress::stage::running;
  auto now = report(stage, id_, status_);
  now.position = codec::uint_at(body, "queue_position");
  // Each report contains the whole log again.
  if (const auto* lines = codec::array_at(body, "logs")) {
    for (; logged_ < lines->size(); ++logged_)
      if (const auto text = codec::string_at((*lines)[logged_], "message"))
        now.log.append(now.log.empty() ? "" : "\n").append(sanitize(*text));
  }
  return now;
}

} // namespace weir::inline v0::provider
