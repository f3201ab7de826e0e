// Tells when a budget's soft share is spent, and when it is used up: here on standard output, in a server by a webhook.
#include <weir/client/webhook.hpp>
#include <weir/cost.hpp>
#include <weir/weir.hpp>

#include <cstdlib>
#include <iostream>

int main(int argc, char** argv) try {
  auto limits = std::make_shared<weir::budgets>(
      std::vector<weir::budget>{weir::budget("demo").max_tokens(400).per_day().soft(0.5)});
  weir::alert_rules rules;
  rules.to([](const weir::alert& a) { std::cout << name_of(a.what) << ": " << a.text() << '\n'; });
  if (const char* url = std::getenv("ALERT_WEBHOOK")) {
    auto hook = std::make_shared<weir::webhook>(url);
    rules.to([hook](const weir::alert& a) { hook->post(a.text(), a.json()); });
  }
  auto alerts = std::make_shared<weir::alerts>(rules);
  alerts->watch(*limits);

  auto options = weir::from_environment().model("openai/gpt-oss-120b").budgets(limits).alerts(alerts);
  if (argc > 1)
    options.base_url(argv[1]).ca_file(argc > 2 ? argv[2] : "");
  weir::blocking_client client(options);
  for (int i = 0; i < 100; ++i)
    client.chat(weir::chat().user("Why is the sky blue?").max_tokens(100));
} catch (const weir::error& e) {
  std::cout << e.what() << '\n';
  return e.code() == weir::errc::over_budget ? 0 : 1;
}
