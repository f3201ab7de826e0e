// Reads an answer as a struct.
#include "program.hpp"

#include <weir/json.hpp>

#include <boost/describe/class.hpp>

struct person {
  std::string name;
  int age = 0;
};
BOOST_DESCRIBE_STRUCT(person, (), (name, age))

boost::asio::awaitable<void> run(weir::client& client) {
  auto answer = co_await client.chat(
      weir::chat("openai/gpt-oss-120b").user("Ada is 36 years old.").response_format(weir::format_of<person>()));
  auto who = answer.as<person>();
  std::cout << who.name << " is " << who.age << '\n';
}
