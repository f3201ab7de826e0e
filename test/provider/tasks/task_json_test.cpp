// Requests of tasks from an input and parameters in JSON.
#include <doctest/doctest.h>

#include <boost/json/value.hpp>

#include "provider/tasks/task_json.hpp"

using namespace weir;

TEST_CASE("a text alone is the question about an image, as an object's `question` is") {
  const std::vector<media> image(1, media(std::string("\x89PNG\r\n\x1a\n", 8)));
  for (const auto what : {task_kind::visual_question_answering, task_kind::document_question_answering}) {
    CAPTURE(name_of(what));
    const boost::json::value text("What is it?"), object({{"question", "What is it?"}});
    for (const auto& input : {text, object}) {
      const auto ask = provider::read_task(what, "m", input, image, boost::json::object());
      REQUIRE(ask.fields().size() == 1);
      CHECK(ask.fields().front().first == "question");
      CHECK_NOTHROW(ask.check());
    }
    CHECK_THROWS_AS(provider::read_task(what, "m", boost::json::value(1), image, boost::json::object()), weir::error);
  }
}
