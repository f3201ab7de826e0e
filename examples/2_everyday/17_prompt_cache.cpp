// Two questions about one long text: the second one reads it from the provider's prompt cache.
#include <weir/task/prompt_cache.hpp>
#include <weir/weir.hpp>

#include <iostream>

int main(int argc, char** argv) try {
  auto options = weir::from_environment().provider("anthropic").model("claude-sonnet-4-5");
  if (argc > 1)
    options.base_url(argv[1] + std::string("/anthropic")).ca_file(argc > 2 ? argv[2] : "");
  std::string tide_tables;
  for (int day = 1; day <= 365; ++day)
    tide_tables += "Day " + std::to_string(day) + ": high water at noon and at midnight.\n";

  auto about_tides = weir::chat().system(tide_tables).cache_prefix().conversation("tides").max_tokens(100);
  weir::blocking_client client(options);
  for (auto question : {"When is high water on day 7?", "And on day 200?"}) {
    const auto answer = client.chat(weir::chat(about_tides).user(question));
    std::cout << "read " << answer.usage.cached_tokens.value_or(0) << ", written "
              << answer.usage.cache_write_tokens.value_or(0) << ", saved the price of "
              << weir::saved_by_prompt_cache(answer.usage) << " tokens\n";
  }
} catch (const weir::error& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
