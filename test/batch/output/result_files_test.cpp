#include "batch/output/result_files.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <filesystem>
#include <set>

#include <weir/core/error.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/results.hpp>

#include "tool/scratch.hpp"

using namespace weir;
namespace fs = std::filesystem;

namespace {

std::any images(std::initializer_list<const char*> all) {
  media_result r;
  for (const auto* bytes : all)
    r.items.emplace_back(bytes, "image/png");
  return r;
}

batch_result answer(std::string body) {
  batch_result r;
  r.outcome = outcome::complete;
  r.provider = "p";
  r.model = "m";
  r.body = std::move(body);
  return r;
}

// As a job does with each result.
std::vector<std::string> keep(result_files& to, const std::string& id, std::uint64_t fingerprint, std::any result) {
  auto paths = to.save(id, result);
  to.remember(id, fingerprint, paths, answer("{\"id\":\"" + id + "\"}"));
  return paths;
}

std::string why(const std::function<void()>& f) {
  try {
    f();
  } catch (const error& e) {
    return e.failure().message();
  }
  return {};
}

} // namespace

TEST_CASE("a file has its item's name where that is one, and no two items the same") {
  CHECK(file_stem("T-17") == "T-17");
  CHECK(file_stem("rows.csv:17") == "rows.csv~17");
  CHECK(file_stem("photos/a.jpg") == "photos/a.jpg");
  CHECK(file_stem("größe") == "größe");
  CHECK(file_stem("a b").starts_with("a_b~x"));
  CHECK(file_stem("../x").starts_with("_./x~x"));
  CHECK(file_stem("/etc/passwd").starts_with("_/etc/passwd~x"));
  CHECK(file_stem(".hidden").starts_with("_hidden~x"));
  CHECK(file_stem(std::string("a\0b", 3)).starts_with("a_b~x"));
  std::set<std::string> stems;
  const auto ids = {"a b", "a_b", "a:b", "a:1", "a~1", "a_1", "a:01", "a+2", "a",  "a/",
                    "a//", "a/.", "",    ".",   "..",  "_",   "a\nb", "A/b", "a/b"};
  for (const auto* id : ids) {
    const auto stem = file_stem(id);
    CHECK(stem.find("/.") == std::string::npos);
    CHECK_FALSE(stem.starts_with("/"));
    stems.insert(stem);
  }
  CHECK(stems.size() == ids.size());
  const std::string longest(600, 'x');
  CHECK(file_stem(longest + "1").size() < 220);
  CHECK(file_stem(longest + "1") != file_stem(longest + "2"));
  std::string deep;
  for (int i = 0; i < 1000; ++i)
    deep += "größe/";
  CHECK(file_stem(deep + "1").size() < 220);
  CHECK(file_stem(deep + "1").find('/') == std::string::npos);
  CHECK(file_stem(deep + "1") != file_stem(deep + "2"));
}

TEST_CASE("no item's folder is called as another's file") {
  CHECK(file_stem("a.png/b").starts_with("a_png/b~x"));
  CHECK(file_stem("x/a.bin/b").starts_with("x/a_bin/b~x"));
  CHECK(file_stem("a.png") == "a.png");
  CHECK(file_stem("example.org/v1.5/b") == "example.org/v1.5/b");
  const scratch in;
  result_files files(in.at("made"));
  for (const auto* id : {"a", "a.png/b", "c.png/d", "c"}) {
    auto result = images({"\x89PNG\r\n\x1a\n1"});
    CHECK_NOTHROW(files.save(id, result));
  }
}

TEST_CASE("bytes become files by their type, and the result has their paths") {
  const scratch in;
  result_files files(in.at("made/here/"));
  auto result = images({"\x89PNG\r\n\x1a\n1", "\x89PNG\r\n\x1a\n2"});
  CHECK(has_bytes(result));
  const auto paths = files.save("a/b", result);
  REQUIRE(paths.size() == 2);
  CHECK(paths[0] == in.at("made/here/a/b.png"));
  CHECK(paths[1] == in.at("made/here/a/b+2.png"));
  CHECK(in.read("made/here/a/b+2.png") == "\x89PNG\r\n\x1a\n2");
  CHECK_FALSE(has_bytes(result));
  CHECK(std::any_cast<const media_result&>(result).items[1].path == paths[1]);

  segmentation parts;
  parts.segments.resize(1);
  parts.segments[0].mask = media("GIF89a..");
  audio_tracks tracks;
  tracks.tracks.resize(1);
  tracks.tracks[0].sound = media("x", "audio/wav");
  completion said;
  said.choices.resize(1);
  said.choices[0].media.emplace_back("y", "image/jpeg");
  for (auto& [id, any] : {std::pair<std::string, std::any>("seg", parts), {"track", tracks}, {"chat", said}}) {
    auto one = any;
    CHECK(files.save(id, one).size() == 1);
  }
  CHECK(fs::exists(in.at("made/here/seg.gif")));
  CHECK(fs::exists(in.at("made/here/track.wav")));
  CHECK(fs::exists(in.at("made/here/chat.jpg")));
  auto text = std::any(text_result());
  CHECK(files.save("text", text).empty());
}

TEST_CASE("what was kept is found by the next run, unless the request is another or a file is gone") {
  const scratch in;
  {
    result_files files(in.at("d"));
    keep(files, "a", 7, images({"1", "2"}));
    keep(files, "b", 8, images({"3"}));
    CHECK(files.find("a", 7));
  }
  result_files files(in.at("d"));
  const auto found = files.find("a", 7);
  REQUIRE(found);
  CHECK(found->succeeded());
  CHECK(found->restored);
  CHECK(found->body == R"({"id":"a"})");
  CHECK(found->model == "m");
  CHECK_FALSE(files.find("a", 6));
  CHECK(files.other_file("a", 6) == in.at("d/a.png"));
  CHECK(files.other_file("a", 7).empty());
  CHECK(files.other_file("c", 7).empty());
  CHECK_FALSE(files.find("c", 7));
  CHECK_FALSE(files.is_lost("a"));
  CHECK_FALSE(files.is_lost("c"));
  fs::remove(in.at("d/a+2.png"));
  CHECK_FALSE(files.find("a", 7));
  CHECK(files.is_lost("a"));
  CHECK(files.find("b", 8));
}

TEST_CASE("a new result takes the place of the earlier one, with all its files") {
  const scratch in;
  result_files files(in.at("d"));
  keep(files, "a", 7, images({"1", "2", "3"}));
  media_result other;
  other.items.emplace_back("4", "image/jpeg");
  keep(files, "a", 8, other);
  CHECK(in.read("d/a.jpg") == "4");
  for (const auto* gone : {"d/a.png", "d/a+2.png", "d/a+3.png"})
    CHECK_FALSE(fs::exists(in.at(gone)));
  CHECK(files.find("a", 8));
  CHECK_FALSE(files.find("a", 7));
}

TEST_CASE("an index that was torn, or is not ours, costs no file and leads nowhere") {
  const scratch in;
  {
    result_files files(in.at("d"));
    keep(files, "a", 7, images({"1"}));
  }
  in.write("victim", "precious");
  const auto whole = in.read("d/.weir-files.jsonl");
  in.write("d/.weir-files.jsonl", whole + "nonsense\n{\"id\":3}\n" +
                                      R"({"id":"v","fingerprint":1,"files":["../victim","/etc/passwd"],"body":""})" +
                                      "\n" + whole.substr(0, 20));
  {
    result_files files(in.at("d"));
    CHECK(files.find("a", 7));
    keep(files, "v", 2, images({"2"}));
    keep(files, "c", 9, images({"3"}));
  }
  CHECK(in.read("victim") == "precious");
  result_files files(in.at("d"));
  CHECK(files.find("a", 7));
  CHECK(files.find("c", 9));
  CHECK(files.find("v", 2));
}

TEST_CASE("a place that takes no files says so, and what cannot be written keeps its bytes") {
  const scratch in;
  in.write("file", "");
  CHECK(why([&] { result_files(in.at("file")); }).find("the folder of files, ") == 0);
  fs::create_directory(in.at("photos"));
  in.write("photos/a.png", "precious");
  CHECK(why([&] { result_files(in.at("photos")); }).find("has files of others") != std::string::npos);
  CHECK_FALSE(fs::exists(in.at("photos/.weir-files.jsonl")));
  CHECK(why([&] { result_files(in.at("photos"), true); }).empty());
  CHECK(why([&] { result_files(in.at("file/inner")); }).find("cannot be made") != std::string::npos);

  result_files files(in.at("d"));
  fs::create_directory(in.at("d/a.png")); // where the file is to be
  auto result = images({"1"});
  CHECK(why([&] { files.save("a", result); }).find("cannot write") == 0);
  CHECK(std::any_cast<const media_result&>(result).items[0].bytes == "1");
  CHECK(files.problem().find("cannot write") == 0);
  auto next = images({"2"});
  CHECK_THROWS_AS(files.save("b", next), error);
  CHECK_FALSE(fs::exists(in.at("d/b.png")));
}
