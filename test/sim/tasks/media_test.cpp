// The simulation's files: their formats and sizes, and the route that serves them.
#include <weir/task/media.hpp>

#include "sim/fixture.hpp"
#include "sim/tasks/media.hpp"

using namespace weir;
using namespace weir::sim;
using namespace weir::sim::test;

namespace {

request getting(std::string path) {
  request r;
  r.method = "GET";
  r.path = std::move(path);
  return r;
}

std::uint32_t big(std::string_view bytes, std::size_t at) {
  std::uint32_t v = 0;
  for (std::size_t i = 0; i < 4; ++i)
    v = v << 8 | static_cast<unsigned char>(bytes[at + i]);
  return v;
}

} // namespace

TEST_CASE("files have the type and size that their names give") {
  const auto png = answer_media(getting("/media/7-3x2.png"));
  REQUIRE(png);
  CHECK(png->status == 200);
  CHECK(content_type_of(png->body) == "image/png");
  CHECK(big(png->body, 16) == 3);
  CHECK(big(png->body, 20) == 2);
  // The known checksum of an empty IEND.
  CHECK(png->body.ends_with(std::string("\0\0\0\0IEND\xAE\x42\x60\x82", 12)));
  CHECK(content_type_of(answer_media(getting("/v1/media/7-10.wav"))->body) == "audio/wav");
  CHECK(answer_media(getting("/media/7-10.wav"))->body.size() == 44 + 160);
  CHECK(content_type_of(answer_media(getting("/media/7-1000.mp4"))->body) == "video/mp4");
  CHECK(answer_media(getting("/media/7-1000.mp4"))->body.size() == 1000);
  CHECK(make_png(1, 300, 100) != make_png(2, 300, 100));
  CHECK(make_png(1, 300, 100).size() > 300 * 100 * 3);
  for (const char* name : {"x.png", "1-2.png", "1-2x3.jpg", "-", "1-"})
    CHECK_MESSAGE(answer_media(getting(std::string("/media/") + name))->status == 404, name);
  CHECK(!answer_media(getting("/v1/models")));
}

TEST_CASE("a request for a file with a credential is refused") {
  auto r = getting("/media/7-3x2.png");
  r.headers.emplace_back("Authorization", "Bearer hf_x");
  CHECK(answer_media(r)->status == 403);
}

TEST_CASE("files are served without a key, and can be cut short") {
  auto how = plain();
  how.key = "secret";
  how.faults.push_back(parse_fault_rule("cut:100"));
  fixture f(std::move(how));
  raw_client client(f.server.port(), false, f.server.ca_file());
  client.send("GET /media/7-30x20.png HTTP/1.1\r\nhost: x\r\n\r\n");
  const auto cut = client.receive(5000);
  CHECK(cut.status == 200);
  CHECK(!cut.complete);
  CHECK(cut.body.size() == 100);
}
