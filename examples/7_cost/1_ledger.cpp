// Enters what each attempt used and cost in a file, retries included, and sums it up by team.
#include <weir/cost.hpp>
#include <weir/weir.hpp>

#include <iostream>

int main(int argc, char** argv) try {
  auto prices = std::make_shared<weir::price_book>();
  prices->add(weir::read_prices("prices.json"));
  auto options = weir::from_environment().model("openai/gpt-oss-120b").prices(prices);
  options.ledger(weir::open_ledger("/tmp/weir-example-ledger.jsonl"));
  if (argc > 1)
    options.base_url(argv[1]).ca_file(argc > 2 ? argv[2] : "");

  weir::blocking_client client(options);
  for (auto team : {"search", "ads", "search"})
    client.chat(weir::chat().user("Why is the sky blue?").options(weir::call_options().tag("team", team)));

  weir::spending_by teams;
  weir::read_ledger("/tmp/weir-example-ledger.jsonl",
                    [&](const weir::ledger_entry& e) { teams.add(e.tags.empty() ? "none" : e.tags[0].second, e); });
  for (const auto& [team, sum] : teams.rows())
    std::cout << team << ": " << sum.calls << " calls, " << sum.attempts << " attempts, $" << sum.cost.at("USD").text()
              << '\n';
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
