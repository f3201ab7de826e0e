// Images as parts of a chat message.
#include <doctest/doctest.h>

#include <weir/task/chat.hpp>

using weir::content_part;

TEST_CASE("an image from bytes becomes a data URL") {
  CHECK(content_part::image("", "image/png").value() == "data:image/png;base64,");
  CHECK(content_part::image("f", "image/png").value() == "data:image/png;base64,Zg==");
  CHECK(content_part::image("fo", "image/png").value() == "data:image/png;base64,Zm8=");
  CHECK(content_part::image("foo", "image/gif", "low").value() == "data:image/gif;base64,Zm9v");
  CHECK(content_part::image("foo", "image/gif", "low").detail() == "low");
  CHECK(content_part::image(std::string_view("\0\xff\xfe", 3), "image/webp").value() == "data:image/webp;base64,AP/+");
}

TEST_CASE("an image's type may not break out of the URL") {
  CHECK_THROWS_AS(content_part::image("f", ""), weir::error);
  CHECK_THROWS_AS(content_part::image("f", "image/png;base64,x"), weir::error);
  CHECK_THROWS_AS(content_part::image("f", "image/png\r\n"), weir::error);
}
