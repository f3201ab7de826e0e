#include <weir/weir.hpp>

#include <iostream>

int main() {
  weir::client client(weir::options().base_url("http://127.0.0.1:9").model("m"));
  std::cout << client.explain(weir::chat().user("hello")).body << '\n';
}
