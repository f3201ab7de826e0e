// A job without a server: the test plays the provider, response by response.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include <weir/task/hub/audio_tasks.hpp>
#include <weir/task/hub/vision_tasks.hpp>

#include "provider/jobs/polled_job.hpp"
#include "provider/mapping.hpp"
#include "provider/offers.hpp"

namespace job_test {

using namespace weir;

constexpr const char* own_key = "vendor-secret";
constexpr const char* hub_key = "hf_secretsecret";

inline provider::route route_to(const char* vendor, task_kind what, const char* model, const char* key = own_key,
                                const char* base_url = "") {
  provider::target t;
  t.provider = vendor;
  t.model = model;
  t.key = secret(key);
  t.base_url = base_url;
  auto r = provider::resolve(what, t);
  if (r.needs_mapping)
    provider::apply_mapping(r, provider::mapping(vendor, model));
  return r;
}

inline codec::json::value parsed(std::string_view text) {
  error_code ec;
  auto v = codec::parse_json(text, ec);
  REQUIRE_FALSE(ec);
  return v;
}

/// One call: what was sent, and what came of the responses so far.
class course {
public:
  course(provider::route to, const task_request& ask)
      : to(std::move(to)), sent(provider::encode_task(ask, this->to)), job(provider::start_task(ask, this->to)) {}

  provider::step answer(int status, std::string body) {
    http::response_head head;
    head.status = status;
    head.headers.add("content-type", "application/json");
    return job->on_answer(head, std::move(body));
  }
  /// The same for a job that continues: returns the next poll's request, checked for what every poll has.
  provider::step again(int status, std::string body) {
    auto s = answer(status, std::move(body));
    INFO(s.why.describe());
    REQUIRE(s.what == provider::step::kind::again);
    CHECK(s.next.method == "GET");
    CHECK(s.next.to.text() == to.to.text());
    CHECK(s.next.body.empty());
    REQUIRE(s.next.auth);
    CHECK(s.next.auth->key.reveal() == to.auth->key.reveal());
    CHECK(s.next.auth->scheme == to.auth->scheme);
    for (const auto& [name, value] : to.headers)
      CHECK(s.next.headers.get(name) == value);
    return s;
  }
  void done(int status, std::string body) {
    const auto s = answer(status, std::move(body));
    INFO(s.why.describe());
    REQUIRE(s.what == provider::step::kind::done);
  }
  failure failed(int status, std::string body) {
    const auto s = answer(status, std::move(body));
    REQUIRE(s.what == provider::step::kind::failed);
    return s.why;
  }
  template <class Result>
  Result take() {
    return std::any_cast<Result>(job->take());
  }

  provider::route to;
  http::request sent;
  std::unique_ptr<provider::job_protocol> job;
};

inline std::string url_of(const http::request& r) { return r.to.text() + r.target; }

} // namespace job_test
