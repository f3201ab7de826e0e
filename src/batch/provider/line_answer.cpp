#include "batch/provider/line_answer.hpp"

#include <utility>

#include <weir/task/completion.hpp>

namespace weir::inline v0::vendor_batch {

namespace {

batch_result begun(const dialect& by, const part_item& item) {
  batch_result r;
  r.id = item.id;
  r.index = item.index;
  r.provider = by.route().provider;
  r.model = by.route().requested_model.empty() ? by.route().model : by.route().requested_model;
  r.calls = 1;
  r.attempts = 1;
  return r;
}

} // namespace

bool may_pass(const line_result& line) {
  if (line.what == line_result::kind::answered)
    return false;
  return line.what == line_result::kind::not_run || line.why.code() == condition::transient ||
         line.why.code() == condition::throttled;
}

batch_result result_of(const dialect& by, const part_item& item, line_result line) {
  auto r = begun(by, item);
  if (line.what != line_result::kind::answered) {
    r.outcome = outcome::failed;
    r.failure = line.what == line_result::kind::not_run
                    ? failure(errc::server_error, "the batch ended before the request's turn")
                    : std::move(line.why);
    return r;
  }
  auto answer = provider::decode_chat(by.route(), line.body);
  r.outcome = answer.outcome;
  r.failure = provider::without_key(answer.failure, by.route());
  if (r.failure && !line.request_id.empty() && r.failure.request_id().empty())
    r.failure.request_id(line.request_id);
  r.usage = answer.usage;
  if (!answer.info.model.empty())
    r.model = answer.info.model;
  if (answer.info.service_tier.empty())
    answer.info.service_tier = "batch";
  r.value = std::move(answer);
  return r;
}

batch_result unanswered(const dialect& by, const part_item& item, failure why) {
  auto r = begun(by, item);
  r.outcome = outcome::failed;
  r.failure = std::move(why);
  return r;
}

} // namespace weir::inline v0::vendor_batch
