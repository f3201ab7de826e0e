// What providers answer when credit or quota is used up, through the real reader of refusals.
#include <doctest/doctest.h>

#include <iterator>
#include <string>

#include "policy/fake_answers.hpp"
#include "policy/recover/quota_set.hpp"
#include "policy/recover/retry.hpp"
#include "provider/dialect.hpp"

namespace asio = boost::asio;
using namespace weir;
using weir::test::fake_wire;
using weir::test::way;
using weir::test::world;

namespace {

class answer {
public:
  answer(int status, const char* body) : status(status), body(body) {}
  int status;
  const char* body;
};

const answer answers[] = {
    {429,
     R"({"error":{"message":"You exceeded your current quota, please check your plan.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}})"},
    {429, R"({"error":{"message":"No more of it","type":"billing","code":"credit_balance_exhausted"}})"},
    {429, R"({"error":{"message":"Your limit for this month","code":"enforced_spend_limit_reached"}})"},
    {400,
     R"({"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}})"},
    {402, R"({"error":"You have exceeded your monthly included credits for Inference Providers."})"},
    {402,
     R"({"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}})"},
    {402, R"({"error":{"code":402,"message":"This request requires more credits.","metadata":{}}})"},
    {402, ""},
    {402, "<html><body>Payment Required</body></html>"},
    {429,
     R"({"error":{"message":"Billing hard limit has been reached","type":"billing_hard_limit_reached","code":"billing_hard_limit_reached"}})"},
    {429,
     R"({"error":{"message":"Your account is not active, please check your billing details.","code":"billing_not_active"}})"},
    {403, R"({"detail":"Insufficient funds: out of credits on this account"})"},
};

failure explained(const answer& a) {
  provider::route to;
  to.provider = "acme";
  http::response_head head;
  head.status = a.status;
  // The headers that make other clients come back all the same.
  head.headers.add("retry-after", "1");
  head.headers.add("x-should-retry", "true");
  return provider::failure_of_response(to, head, a.body, std::nullopt);
}

} // namespace

TEST_CASE("R6: twelve ways of saying that the quota is used up, and not one of them is tried again") {
  CHECK(std::size(answers) == 12);
  for (const auto& a : answers) {
    CAPTURE(a.body);
    const auto f = explained(a);
    CHECK(f.code() == errc::quota_exhausted);
    world w;
    auto wire = std::make_shared<fake_wire>(std::vector<way>{way::refused(f)});
    const auto top = make_retry(retry().attempts(10), std::make_shared<quota_set>())(wire);
    auto c = test::call_to(w);
    CHECK(test::code_of([&] { w.run([&]() -> asio::awaitable<void> { co_await (*top)(c); }); }) ==
          errc::quota_exhausted);
    CHECK(wire->requests.size() == 1);
  }
}
