// Inputs on disk and from pipes, as items.
#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <thread>

#include "batch/input/id_ledger.hpp"
#include "batch/input/paths.hpp"
#include "batch/input/selection.hpp"
#include "reading.hpp"

using namespace weir;
using namespace reading;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

TEST_CASE("several files of several formats are one input, known by their names as given") {
  const folder dir;
  batch_input o;
  o.path(dir.put("a.jsonl", "{\"id\":1,\"prompt\":\"one\"}\n\n{\"prompt\":\"two\"}"))
      .path(dir.put("b.csv", "text,n\r\nthree,3\r\n\"fo\nur\",4\r\n"))
      .path(dir.put("c.txt", "five\n"))
      .path(dir.put("d.json", "[{\"text\":\"six\"},\n{\"text\":\"seven\"}]"));
  const auto items = read(o);
  CHECK(texts(items) == strings{"one", "two", "three", "fo\nur", "five", "six", "seven"});
  CHECK(ids(items) == strings{"1", dir.at("a.jsonl") + ":3", dir.at("b.csv") + ":2", dir.at("b.csv") + ":3",
                              dir.at("c.txt") + ":1", dir.at("d.json") + ":1", dir.at("d.json") + ":2"});
  CHECK(items[2].columns() == R"({"text":"three","n":"3"})");
}

TEST_CASE("lines that are appended leave the ids before them as they were") {
  const folder dir;
  const auto path = dir.put("a.txt", "one\ntwo");
  const auto before = ids(read(batch_input(path)));
  std::ofstream(path, std::ios::app) << "\nthree\n";
  const auto after = ids(read(batch_input(path)));
  REQUIRE(after.size() == 3);
  CHECK(strings(after.begin(), after.begin() + 2) == before);
}

TEST_CASE("an input that grows while it is read is read as far as it goes then") {
  const folder dir;
  const auto path = dir.put("a.txt", "one one\n");
  const auto source = open_batch_input(batch_input(path));
  const auto first = run(source->next());
  CHECK(first);
  std::ofstream(path, std::ios::app) << "two\n";
  const auto rest = run(all_of(*source));
  CHECK(texts(rest) == strings{"two"});
}

TEST_CASE("a pattern is expanded in the order of bytes, and a file of that name goes before it") {
  const folder dir;
  dir.put("p-B.txt", "B\n");
  dir.put("p-a.txt", "a\n");
  dir.put("p-A.txt", "A\n");
  std::filesystem::create_directory(dir.at("p-x.txt"));
  CHECK(texts(read(batch_input(dir.at("p-*.txt")))) == strings{"A", "B", "a"});
  dir.put("p-*.txt", "literal\n");
  CHECK(texts(read(batch_input(dir.at("p-*.txt")))) == strings{"literal"});
}

TEST_CASE("a path that is nothing to read is refused at once, in one line") {
  const folder dir;
  CHECK(refusal([] { open_batch_input(batch_input()); }) == "a batch needs an input: files, or - for standard input");
  CHECK(refusal([&] { open_batch_input(batch_input(dir.at("no"))); }) ==
        dir.at("no") + " cannot be read: No such file or directory");
  CHECK(refusal([&] { open_batch_input(batch_input(dir.at("no-*"))); }) == "no file matches " + dir.at("no-*"));
  CHECK(has(refusal([&] { open_batch_input(batch_input(dir.at(""))); }), "is a folder: name its files"));
  CHECK(has(refusal([] { open_batch_input(batch_input("-").path("-")); }), "standard input is given twice"));
  const auto file = dir.put("a.txt", "x\n");
  CHECK(has(refusal([&] { open_batch_input(batch_input(file).part(3, 2)); }), "no part 3 of 2"));
  CHECK(has(refusal([&] { open_batch_input(batch_input(file).part(0, 2)); }), "no part 0 of 2"));
  CHECK(has(refusal([&] { open_batch_input(batch_input(file).sample_share(1.5)); }), "from 0 to 1"));
  CHECK(has(refusal([&] { open_batch_input(batch_input(file).sample_share(0.5).sample(3)); }), "not both"));
  CHECK(has(refusal([&] { open_batch_input(batch_input(file).max_line(0)); }), "max_line"));
  CHECK(has(refusal([] { find_batch_format("xlsx"); }), "the formats are automatic, jsonl"));
}

TEST_CASE("a file that vanishes before it is reached ends the job with its name") {
  const folder dir;
  const auto gone = dir.put("b.txt", "two\n");
  const auto source = open_batch_input(batch_input(dir.put("a.txt", "one\n")).path(gone));
  CHECK(run(source->next()));
  std::filesystem::remove(gone);
  CHECK(refusal([&] { run(source->next()); }) == gone + " cannot be read: No such file or directory");
}

TEST_CASE("names that the first row does not have end the job before its first item, listing those there are") {
  const folder dir;
  const auto table = dir.put("a.csv", "id,text\n1,x\n");
  CHECK(refusal([&] { read(batch_input(table).prompt("{{txet}}")); }) ==
        table + ": there is no column 'txet' (there are id, text)");
  CHECK(has(refusal([&] { read(batch_input(table).id("nr")); }), "no column 'nr'"));
  CHECK(has(refusal([&] { read(batch_input(table).select("nr")); }), "no column 'nr'"));
  CHECK(has(refusal([&] { read(batch_input(table).system("{{nr}}")); }), "no column 'nr'"));
}

TEST_CASE("a broken line is one rejected item, and the rest is read") {
  const folder dir;
  const auto path = dir.put("a.jsonl", "{\"text\":\"one\"}\n{\"text\":\n{\"text\":\"three\"}\n");
  const auto items = read(batch_input(path));
  REQUIRE(items.size() == 3);
  CHECK(has(items[1].rejection()->message(), path + ":2: not JSON"));
  CHECK(items[1].id() == path + ":2");
  CHECK(text_of(items[2]) == "three");
}

TEST_CASE("what is no input says so: media without a task, UTF-16, spreadsheets") {
  const folder dir;
  const auto image = dir.put("a.png", "\x89PNG\r\n\x1a\n0000");
  CHECK(has(refusal([&] { read(batch_input(image)); }), "takes a task such as"));
  CHECK(has(refusal([&] {
              read(batch_input(dir.put("b.csv", std::string("\xFF\xFE"
                                                            "a\0",
                                                            4))));
            }),
            "iconv"));
  CHECK(has(refusal([&] { read(batch_input(dir.put("c.csv", "PK\x03\x04...."))); }), "save it as CSV"));
}

TEST_CASE("files of media are items of a task that takes them") {
  const folder dir;
  dir.put("1.png", "\x89PNG\r\n\x1a\n0001");
  dir.put("2.png", "\x89PNG\r\n\x1a\n0002");
  const auto items = read(batch_input(dir.at("*.png")).task(task_kind::image_classification));
  REQUIRE(items.size() == 2);
  CHECK(items[0].id() == dir.at("1.png"));
  CHECK(std::get<task_request>(items[1].request()).inputs().front().bytes == "\x89PNG\r\n\x1a\n0002");
  const auto c = run(check_batch_input(batch_input(dir.at("*.png")).task(task_kind::image_classification)));
  CHECK(c.items == 2);
  CHECK(c.media == 2);
}

TEST_CASE("a folder is its media and those of its folders, in order, for a task that takes them") {
  const folder dir;
  for (const auto* name : {"in", "in/b", "in/.c"})
    std::filesystem::create_directory(dir.at(name));
  for (const auto* name : {"in/2.png", "in/b/1.png", "in/.c/3.png", "in/.4.png"})
    dir.put(name, "\x89PNG\r\n\x1a\n0001");
  dir.put("in/1.wav", std::string("RIFF\0\0\0\0WAVE", 12));
  dir.put("in/notes.txt", "no image");
  const auto images = [&] { return batch_input(dir.at("./in/")).task(task_kind::image_classification); };
  CHECK(ids(read(images())) == std::vector<std::string>{dir.at("in/2.png"), dir.at("in/b/1.png")});
  CHECK(read(images())[0].columns() == "{\"file\":\"" + dir.at("in/2.png") + "\"}");
  CHECK(ids(read(batch_input(dir.at("in")).task(task_kind::automatic_speech_recognition))) ==
        std::vector<std::string>{dir.at("in/1.wav")});
  CHECK(ids(read(batch_input(dir.at("in")).prompt("What is it?"))).size() == 3);
  CHECK(has(refusal([&] { read(batch_input(dir.at("in")).task(task_kind::summarization)); }), "is a folder"));
  CHECK(has(refusal([&] { read(batch_input(dir.at("in/.c/")).task(task_kind::audio_classification)); }),
            "has no files of the kind"));
}

TEST_CASE("with a template each file, or one that a row names, goes with a chat's prompt") {
  const folder dir;
  const auto image = dir.put("a.png", "\x89PNG\r\n\x1a\n0001");
  const auto table =
      dir.put("t.csv", "pic,what\n" + image + ",it\nhttps://h/x.png,that\n,none\n" + dir.at("no.png") + ",x\n");
  const auto of_file = read(batch_input(image).prompt("Describe {{file}}."));
  REQUIRE(of_file.size() == 1);
  CHECK(text_of(of_file[0]) == "Describe " + image + ".");
  const auto parts_of = [](const batch_item& i) { return std::get<chat>(i.request()).messages().back().parts(); };
  REQUIRE(parts_of(of_file[0]).size() == 1);
  CHECK(parts_of(of_file[0])[0].value().starts_with("data:image/png;base64,"));
  const auto rows = read(batch_input(table).prompt("What is {{what}}?").media("pic"));
  REQUIRE(rows.size() == 4);
  CHECK(parts_of(rows[0])[0].value().starts_with("data:image/png;base64,"));
  CHECK(parts_of(rows[1])[0].value() == "https://h/x.png");
  CHECK(has(rows[2].rejection()->message(), table + ":4: the row names no file: its pic is empty"));
  CHECK(has(rows[3].rejection()->message(), "no.png"));
  const auto c = run(check_batch_input(batch_input(table).prompt("What is {{what}}?").media("pic")));
  CHECK(c.items == 2);
  CHECK(c.media == 2);
  CHECK(c.rejected == 2);
  CHECK(has(refusal([&] { read(batch_input(table).prompt("{{what}}").media("pci")); }), "no column 'pci'"));
}

TEST_CASE("parameters are of all rows, and a row's own overrule them; a template is a task's prompt") {
  const folder dir;
  const auto image = dir.put("a.png", "\x89PNG\r\n\x1a\n0001");
  const auto task = [](const batch_item& i) {
    INFO((i.rejection() ? i.rejection()->message() : ""));
    REQUIRE_FALSE(i.rejection());
    return std::get<task_request>(i.request());
  };
  const auto labels = read(batch_input(image)
                               .task(task_kind::zero_shot_image_classification)
                               .parameters(R"({"candidate_labels":["cat","dog"]})"));
  CHECK(task(labels[0]).parameters().size() == 1);
  const auto rows = dir.put("r.jsonl", R"({"text":"a","parameters":{"seed":2}})"
                                       "\n"
                                       R"({"text":"b"})"
                                       "\n");
  const auto made = read(batch_input(rows).task(task_kind::text_to_image).parameters(R"({"seed":1})"));
  CHECK(std::get<std::int64_t>(task(made[0]).parameter("seed")->value) == 2);
  CHECK(std::get<std::int64_t>(task(made[1]).parameter("seed")->value) == 1);
  CHECK(task(read(batch_input(image).task(task_kind::image_to_image).prompt("blue"))[0]).texts().at(0) == "blue");
  const auto asked = read(batch_input(image).task(task_kind::visual_question_answering).prompt("How many?"));
  CHECK(std::get<std::string>(task(asked[0]).field("question")->value) == "How many?");
  CHECK(has(read(batch_input(image).task(task_kind::image_classification).prompt("x"))[0].rejection()->message(),
            "image-classification takes no prompt"));
  CHECK(has(refusal([&] { read(batch_input(image).task(task_kind::image_to_image).parameters("[]")); }),
            "no JSON object"));
}

TEST_CASE("an id by place does not depend on how the path is written") {
  const folder dir;
  const auto path = dir.put("a.txt", "one\n");
  const auto written = dir.at("./x/..//a.txt");
  std::filesystem::create_directory(dir.at("x"));
  CHECK(ids(read(batch_input(written))) == ids(read(batch_input(path))));
  CHECK(ids(read(batch_input(dir.at("./*.txt")))) == ids(read(batch_input(path))));
}

TEST_CASE("a table without rows is looked at like any other") {
  const folder dir;
  const auto empty = dir.put("e.csv", "id,text\n");
  CHECK(has(refusal([&] { read(batch_input(empty).prompt("{{txet}}")); }), "no column 'txet'"));
  CHECK(read(batch_input(empty).prompt("{{text}}")).empty());
  const auto bad = dir.put("b.csv", "id,text\n1\n");
  CHECK(has(refusal([&] { read(batch_input(bad).prompt("{{txet}}")); }), "no column 'txet'"));
}

TEST_CASE("an id that is null is none") {
  const folder dir;
  const auto path = dir.put("a.jsonl", R"({"custom_id":null,"id":"x","text":"one"})"
                                       "\n"
                                       R"({"id":null,"text":"two"})"
                                       "\n");
  CHECK(ids(read(batch_input(path))) == std::vector<std::string>{"x", path + ":2"});
  CHECK(read(batch_input(path))[1].columns().empty());
}

TEST_CASE("a FIFO is read as its bytes arrive, however few at a time, and other work goes on") {
  const folder dir;
  const auto path = dir.at("fifo");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const auto source = open_batch_input(batch_input(path));
  std::thread writer([&path] {
    const int to = ::open(path.c_str(), O_WRONLY);
    for (const char c : std::string("{\"text\":\"one\"}\n{\"text\":\"two\"}")) {
      [[maybe_unused]] const auto n = ::write(to, &c, 1);
      std::this_thread::sleep_for(1ms);
    }
    ::close(to);
  });
  boost::asio::io_context io;
  int ticks = 0;
  bool done = false;
  boost::asio::steady_timer timer(io);
  const std::function<void()> tick = [&] {
    timer.expires_after(2ms);
    timer.async_wait([&](boost::system::error_code ec) {
      ++ticks;
      if (!ec && !done && ticks < 10'000)
        tick();
    });
  };
  tick();
  std::vector<batch_item> items;
  boost::asio::co_spawn(io, all_of(*source), [&](std::exception_ptr why, std::vector<batch_item> all) {
    CHECK_FALSE(why);
    items = std::move(all);
    done = true;
  });
  io.run();
  writer.join();
  CHECK(texts(items) == strings{"one", "two"});
  CHECK(ticks > 3);
}

TEST_CASE("waiting for a FIFO can be cancelled") {
  const folder dir;
  const auto path = dir.at("fifo");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const auto source = open_batch_input(batch_input(path));
  boost::asio::io_context io;
  boost::asio::cancellation_signal cancel;
  bool failed = false;
  boost::asio::co_spawn(
      io, all_of(*source),
      boost::asio::bind_cancellation_slot(
          cancel.slot(), [&](std::exception_ptr why, const std::vector<batch_item>&) { failed = why != nullptr; }));
  boost::asio::steady_timer timer(io, 20ms);
  timer.async_wait([&](boost::system::error_code) { cancel.emit(boost::asio::cancellation_type::terminal); });
  io.run_for(5s);
  CHECK(failed);
}

TEST_CASE("parts share all items among them, and each id is in one") {
  const folder dir;
  std::string lines;
  for (int i = 0; i < 3000; ++i)
    lines += "line " + std::to_string(i) + "\n";
  const auto path = dir.put("a.txt", lines);
  std::size_t sum = 0;
  for (unsigned k = 1; k <= 3; ++k) {
    const auto part = read(batch_input(path).part(k, 3));
    CHECK(part.size() > 900);
    CHECK(part.size() < 1100);
    for (const auto& item : part)
      for (unsigned other = 1; other <= 3; ++other)
        CHECK(in_part(item.id(), other, 3) == (other == k));
    sum += part.size();
    CHECK(ids(drain(part_of(open_batch_input(batch_input(path)), k, 3))) == ids(part));
  }
  CHECK(sum == 3000);
  // The same in every version.
  CHECK(in_part("ticket-17", 1, 3));
  CHECK(in_part("ticket-18", 2, 3));
  CHECK(in_part("a", 3, 3));
  CHECK(in_part("anything", 1, 1));
}

TEST_CASE("samples are of the size that was asked for, and the same ones each time") {
  const folder dir;
  std::string lines;
  for (int i = 0; i < 2000; ++i)
    lines += "line " + std::to_string(i) + "\n";
  const auto path = dir.put("a.txt", lines);
  const auto some = ids(read(batch_input(path).sample(100).seed(1)));
  CHECK(some.size() == 100);
  CHECK(some == ids(read(batch_input(path).sample(100).seed(1))));
  CHECK(some != ids(read(batch_input(path).sample(100).seed(2))));
  const auto fewer = ids(read(batch_input(path).sample(10).seed(1)));
  for (const auto& id : fewer)
    CHECK(std::find(some.begin(), some.end(), id) != some.end());
  CHECK(read(batch_input(path).sample(5000)).size() == 2000);
  const auto share = read(batch_input(path).sample_share(0.1).seed(4));
  CHECK(share.size() > 140);
  CHECK(share.size() < 260);
  CHECK(ids(share) == ids(drain(sampled(open_batch_input(batch_input(path)), 0.1, 4))));
  CHECK(read(batch_input(path).sample_share(0)).empty());
  CHECK(drain(sampled(open_batch_input(batch_input(path)), 0)).empty());
  CHECK(read(batch_input(path).sample(100).limit(7)).size() == 7);
  CHECK(ids(drain(limited(open_batch_input(batch_input(path)), 2))) == strings{path + ":1", path + ":2"});
  CHECK(refusal([] { open_batch_input(batch_input("-").sample(3)); }).find("stdin can only be read once") == 0);
}

TEST_CASE("items with the same beginning follow one another within a window, and none is lost") {
  const folder dir;
  std::string lines;
  for (int i = 0; i < 10; ++i)
    lines += "{\"id\":" + std::to_string(i) + ",\"system\":\"" + (i % 2 ? "odd" : "even") + "\",\"prompt\":\"p" +
             std::to_string(9 - i) + "\"}\n";
  const auto path = dir.put("a.jsonl", lines);
  CHECK(ids(read(batch_input(path).prefix_window(6))) == strings{"4", "2", "0", "5", "3", "1", "8", "6", "9", "7"});
  CHECK(ids(drain(prefix_ordered(open_batch_input(batch_input(path)), 1))).front() == "0");
  CHECK(has(refusal([&] { prefix_ordered(open_batch_input(batch_input(path)), 0); }), "window"));
}

TEST_CASE("a check tells what an input holds") {
  const folder dir;
  const auto path = dir.put("a.jsonl", "{\"text\":\"h\xC3\xA9y\",\"max_tokens\":5,\"model\":\"m\",\"n\":2}\n"
                                       "broken\n{\"text\":\"four\"}\n");
  const auto c = run(check_batch_input(batch_input(path).system("abc")));
  CHECK(c.items == 2);
  CHECK(c.rejected == 1);
  REQUIRE(c.problems.size() == 1);
  CHECK(has(c.problems[0], path + ":2: not JSON"));
  CHECK(c.characters == 3 + 4 + 6);
  CHECK(c.max_output_tokens == 10);
  CHECK(c.unlimited == 1);
  CHECK(c.models.at("m") == 1);
  CHECK(c.models.at("") == 1);
  CHECK(c.complete());
  CHECK(run(check_batch_input(batch_input(path).limit(1))).items == 1);
}

TEST_CASE("an id that comes twice is refused before anything is sent, with both places") {
  const folder dir;
  const auto a = dir.put("a.jsonl", "{\"id\":\"x\",\"text\":\"1\"}\n{\"id\":\"y\",\"text\":\"2\"}\n");
  const auto b = dir.put("b.csv", "id,text\nz,3\ny,4\nx,5\n");
  CHECK(refusal([&] { run(check_batch_input(batch_input(a).path(b))); }) ==
        "the id \"x\" comes twice: " + a + ":1 and " + b + ":4, and 1 more do");
  CHECK(run(check_batch_input(batch_input(a))).items == 2);
  const auto twice = refusal([&] { run(check_batch_input(batch_input(a).path(a))); });
  CHECK(has(twice, "comes twice: " + a + ":1 and " + a + ":1"));
}

TEST_CASE("a check leaves alone what can only be read once") {
  const folder dir;
  const auto path = dir.at("fifo");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const auto c = run(check_batch_input(batch_input(path).path(dir.put("a.txt", "x\n"))));
  CHECK(c.items == 1);
  CHECK(c.unread == strings{path});
  CHECK_FALSE(c.complete());
}

TEST_CASE("hashes that are equal by chance are not taken for equal ids") {
  input::id_ledger ledger;
  for (std::uint64_t i = 1; i <= 1000; ++i)
    ledger.add("id" + std::to_string(i % 999), input::place(3, i));
  const auto suspects = ledger.suspects(10);
  REQUIRE(suspects.size() == 1);
  REQUIRE(suspects[0].size() == 2);
  CHECK(suspects[0][0].line() == 1);
  CHECK(suspects[0][1].line() == 1000);
  CHECK(suspects[0][1].input() == 3);
  CHECK(input::place(1'048'575, (std::uint64_t{1} << 44) - 1).line() == (std::uint64_t{1} << 44) - 1);
}
