// A ceiling for each tenant: a call that would go beyond it is not sent.
#include <weir/cost.hpp>
#include <weir/weir.hpp>

#include <iostream>

int main(int argc, char** argv) try {
  auto prices = std::make_shared<weir::price_book>();
  prices->add(weir::read_prices("prices.json"));
  auto limits = std::make_shared<weir::budgets>(std::vector<weir::budget>{
      weir::budget("free plan").max_cost(*weir::money::parse("0.0002")).per_day().each(weir::spend_part::tenant)});
  auto options = weir::from_environment().model("openai/gpt-oss-120b").prices(prices).budgets(limits);
  if (argc > 1)
    options.base_url(argv[1]).ca_file(argc > 2 ? argv[2] : "");

  weir::blocking_client client(options);
  for (auto tenant : {"north", "north", "north", "north", "south"}) {
    auto request = weir::chat().user("Why is the sky blue?").max_tokens(200);
    try {
      client.chat(request.options(weir::call_options().tenant(tenant)));
      std::cout << tenant << ": answered\n";
    } catch (const weir::error& e) {
      if (e.code() != weir::errc::over_budget)
        throw;
      std::cout << tenant << ": " << e.what() << '\n';
    }
  }
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
