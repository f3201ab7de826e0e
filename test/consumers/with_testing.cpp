// What a consumer's own tests do: a client that answers without a network.
#include <weir/testing.hpp>
#include <weir/weir.hpp>

#include <iostream>

int main() {
  weir::blocking_client client(weir::testing::options_for({weir::testing::answer("Hi")}));
  const auto answer = client.chat(weir::chat().user("hello"));
  std::cout << answer.text() << '\n';
  return answer.text() == "Hi" ? 0 : 1;
}
