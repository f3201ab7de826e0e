// Forms: their bytes, boundaries and limits.
#include <doctest/doctest.h>

#include <weir/core/error.hpp>

#include "codec/framing/multipart.hpp"

using namespace weir;
using codec::form_data;

namespace {

template <class Body>
std::string refusal(Body body) {
  try {
    body();
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return {};
}

} // namespace

TEST_CASE("a form is written part by part, with files as they are") {
  form_data form;
  const std::string sound("RIFF\0\r\n--x", 10);
  form.add_file("file", "audio.wav", "audio/wav", sound);
  form.add("model", "org/model");
  CHECK(form.body("frontier") ==
        "--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"audio.wav\"\r\n"
        "Content-Type: audio/wav\r\n\r\n" +
            sound +
            "\r\n--frontier\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\norg/model\r\n--frontier--\r\n");
  CHECK(form_data::content_type("frontier") == "multipart/form-data; boundary=frontier");
  CHECK(form_data().body("b") == "--b--\r\n");
}

TEST_CASE("a boundary that a part contains, or that is not valid, is refused") {
  form_data form;
  form.add("model", "between the lines");
  CHECK(form.clashes("the"));
  CHECK(form.clashes("model"));
  CHECK(!form.clashes("frontier"));
  CHECK(refusal([&] { form.body("the"); }) == "a part of the form contains the boundary");
  for (const std::string& bad :
       {std::string(), std::string(71, 'x'), std::string("a b"), std::string("a\"b"), std::string("a\r\nb")})
    CHECK(!refusal([&] { form.body(bad); }).empty());
}

TEST_CASE("names cannot break out of their header") {
  form_data form;
  form.add("a\"; x=\"b", "v");
  CHECK(form.body("z").find("name=\"a%22; x=%22b\"\r\n") != std::string::npos);
  CHECK(!refusal([&] { form.add("a\r\nb", "v"); }).empty());
  CHECK(!refusal([&] { form.add_file("a", "b\n", "c", ""); }).empty());
  CHECK(!refusal([&] { form.add_file("a", "b", "c\r\nx: y", ""); }).empty());
}

TEST_CASE("a form over its limit is refused before it is written") {
  form_data form(1000);
  const std::string half(400, 'x');
  form.add("a", half);
  CHECK(refusal([&] { form.add("b", half); }) == "the form is larger than 1000 bytes");
  CHECK(form.body("z").size() < 1000);
}
