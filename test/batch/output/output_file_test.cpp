#include "batch/output/output_file.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

#include "batch/output/fake_journal.hpp"
#include "batch/output/output_writer.hpp"
#include "tool/scratch.hpp"

using namespace weir;
using batch_test::answered;
using batch_test::failed;
using batch_test::fake_journal;
namespace fs = std::filesystem;

namespace {

class folder : public scratch {
public:
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(at("")), fs::directory_iterator()));
  }
};

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream s;
  s << in.rdbuf();
  return s.str();
}

void put(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::string written(const fake_journal& j, const std::string& name, const batch_output_options& o = {}) {
  const folder in;
  write_batch_output(j, in.at(name), o);
  CHECK(in.files() == 1);
  return content(in.at(name));
}

batch_output_options fields(std::initializer_list<const char*> all) {
  std::vector<output_field> parsed;
  for (const auto* one : all)
    parsed.push_back(output_field::parse(one));
  return batch_output_options().fields(std::move(parsed));
}

// Three rows, answered in another order, one failed.
fake_journal job() {
  fake_journal j;
  j.add(answered("r3", 2, "\"third, \\\"x\\\"\"", R"({"text":"c","n":3,"late":true})"));
  j.add(failed("r2", 1, R"({"text":"b","n":2})"));
  j.add(answered("r1", 0, "\"first\\nline\"", R"({"text":"a","n":1.0})"));
  return j;
}

std::string message_of(const std::function<void()>& f, errc code) {
  try {
    f();
  } catch (const error& e) {
    CHECK(e.code() == code);
    return e.failure().message();
  }
  return "no error";
}

} // namespace

TEST_CASE("a table has the columns of the rows, the answer and the error, in the order of the input") {
  CHECK(written(job(), "out.csv") == "text,n,late,id,answer,weir_error\n"
                                     "a,1.0,,r1,\"first\nline\",\n"
                                     "b,2,,r2,,rate_limited: the provider refuses more requests for now\n"
                                     "c,3,true,r3,\"third, \"\"x\"\"\",\n");
  CHECK(written(job(), "out.tsv")
            .starts_with("text\tn\tlate\tid\tanswer\tweir_error\na\t1.0\t\tr1\t\"first\nline\"\t\n"));
}

TEST_CASE("fields replace the answer, and give way to columns of their name") {
  fake_journal j;
  j.add(answered("a", 0, R"("{\"label\":\"spam\",\"p\":0.5}")", R"({"label":"?"})"));
  CHECK(written(j, "out.csv", fields({".json.label", "score=.json.p", ".json.none"})) ==
        "label,id,weir_label,score,none,weir_error\n?,a,spam,0.5,,\n");
  CHECK(written(j, "out.jsonl", fields({".json.label", "score=.json.p", "id=.json.none"})) ==
        "{\"id\":\"a\",\"columns\":{\"label\":\"?\"},\"label\":\"spam\",\"score\":\"0.5\",\"weir_id\":null,"
        "\"error\":null}\n");
}

TEST_CASE("a table without columns has the ids, and details come on demand") {
  fake_journal j;
  auto r = answered("a", 0, "\"x\"");
  r.model = "llama";
  r.cost = money::parse("0.002");
  r.usage.prompt_tokens = 12;
  r.took = std::chrono::microseconds(1500);
  j.add(r);
  CHECK(written(j, "out.csv") == "id,answer,weir_error\na,x,\n");
  CHECK(written(j, "out.csv", batch_output_options().details(true)) ==
        "weir_id,answer,weir_error,weir_outcome,weir_model,weir_cost,weir_input_tokens,weir_output_tokens,"
        "weir_latency_ms\na,x,,complete,llama,0.002,12,,2\n");
}

TEST_CASE("a table whose columns do not tell its rows apart has the ids too") {
  fake_journal j;
  auto r = answered("a", 0, "\"x\"");
  r.columns = R"({"lang":"de"})";
  r.origin = "rows.jsonl:1";
  j.add(r);
  CHECK(written(j, "out.csv") == "lang,id,answer,weir_error\nde,a,x,\n");

  fake_journal with_id;
  r.columns = R"({"ticket":"a","lang":"de"})";
  with_id.add(r);
  CHECK(written(with_id, "out.csv") == "ticket,lang,answer,weir_error\na,de,x,\n");

  fake_journal by_place;
  r.id = r.origin;
  by_place.add(r);
  CHECK(written(by_place, "out.csv") == "ticket,lang,answer,weir_error\na,de,x,\n");
}

TEST_CASE("an answer without a text is the body in a table") {
  fake_journal j;
  auto r = answered("a", 0, "null");
  r.body = R"({"object":"list","data":[]})";
  j.add(r);
  CHECK(written(j, "out.csv") == "id,answer,weir_error\na,\"{\"\"object\"\":\"\"list\"\",\"\"data\"\":[]}\",\n");
}

TEST_CASE("a text has a line for each item, an empty one for a failure") {
  CHECK(written(job(), "out.txt") == "first\\nline\n\nthird, \"x\"\n");
  auto j = job();
  auto cut = answered("r4", 3, "\"The beg\"");
  cut.outcome = outcome::truncated;
  j.add(cut);
  CHECK(written(j, "out.txt") == "first\\nline\n\nthird, \"x\"\n\n");
  CHECK(written(j, "out.txt", batch_output_options().with_failures(false)) == "first\\nline\nthird, \"x\"\n");
}

TEST_CASE("JSONL has a result line for each item; failures can be left out, and go to a file of their own") {
  const folder in;
  auto o = batch_output_options().with_failures(false).failures(in.at("failures.jsonl"));
  const auto counts = write_batch_output(job(), in.at("out.jsonl"), o);
  CHECK(counts.items == 2);
  CHECK(counts.failures == 1);
  const auto lines = content(in.at("out.jsonl"));
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 2);
  CHECK(lines.find("\"r2\"") == lines.npos);
  CHECK(lines.find("\"r1\"") < lines.find("\"r3\""));
  CHECK(content(in.at("failures.jsonl"))
            .starts_with(R"({"custom_id":"r2","text":"b","n":2,"weir_error":{"code":"rate_limited",)"));
  o.row([](const batch_result& r) { return R"({"id":")" + r.id + R"(","prompt":"again"})"; });
  write_batch_output(job(), in.at("out.jsonl"), o);
  CHECK(content(in.at("failures.jsonl")).starts_with(R"({"id":"r2","prompt":"again","weir_error":)"));
}

TEST_CASE("each id is there once, with its last state, whatever other records there are") {
  fake_journal j;
  j.append(journal_record(200, "r1", "a note"));
  j.append(journal_record(100, "r9", "a state that is no result"));
  j.add(failed("r1", 0));
  j.add(answered("r1", 0, "\"at last\""));
  j.append(journal_record(201, "r1", "another note"));
  CHECK(written(j, "out.csv") == "id,answer,weir_error\nr1,at last,\n");
}

TEST_CASE("the order is the input's, for any order of answers") {
  std::vector<std::uint64_t> order(2000);
  for (std::size_t i = 0; i != order.size(); ++i)
    order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937(5));
  fake_journal j;
  for (const auto i : order)
    j.add(answered("i" + std::to_string(i), i, "\"" + std::to_string(i) + "\""));
  std::string wanted;
  for (std::size_t i = 0; i != order.size(); ++i)
    wanted += std::to_string(i) + '\n';
  CHECK(written(j, "out.txt") == wanted);
}

TEST_CASE("an output without items is a table's head, or nothing") {
  CHECK(written(fake_journal(), "out.csv") == "id,answer,weir_error\n");
  CHECK(written(fake_journal(), "out.jsonl").empty());
}

TEST_CASE("a file is replaced in one step, keeps its mode, and a link its target") {
  const folder in;
  put(in.at("real.csv"), "old");
  ::chmod(in.at("real.csv").c_str(), 0640);
  fs::create_symlink("real.csv", in.at("link.csv"));
  const int before = ::open(in.at("real.csv").c_str(), O_RDONLY);
  write_batch_output(job(), in.at("link.csv"), {});
  char old[4] = {};
  CHECK(::read(before, old, 3) == 3); // who had it open still reads the old content
  ::close(before);
  CHECK(std::string(old) == "old");
  CHECK(fs::is_symlink(in.at("link.csv")));
  CHECK(content(in.at("real.csv")).starts_with("text,n,"));
  struct stat s{};
  ::stat(in.at("real.csv").c_str(), &s);
  CHECK((s.st_mode & 0777) == 0640);
  CHECK(in.files() == 2);
}

TEST_CASE("what ends the writing leaves the old output, and nothing beside it") {
  const folder in;
  put(in.at("out.csv"), "old");
  int calls = 0;
  auto o = batch_output_options().failures(in.at("failures.jsonl")).check([&calls] {
    if (++calls == 5) // among the items: finding three of them calls it thrice
      throw error(errc::cancelled, "interrupted");
  });
  CHECK_THROWS_WITH_AS(write_batch_output(job(), in.at("out.csv"), o), "interrupted", error);
  CHECK(content(in.at("out.csv")) == "old");
  CHECK(in.files() == 1);
  fake_journal damaged = job();
  damaged.append(journal_record(1, "r2", "{"));
  CHECK(message_of([&] { write_batch_output(damaged, in.at("out.csv"), {}); }, errc::invalid_configuration)
            .starts_with("the journal's record of 'r2' cannot be read: "));
  CHECK(content(in.at("out.csv")) == "old");
  CHECK(in.files() == 1);
}

TEST_CASE("the failures have a file of their own") {
  const folder in;
  fs::create_symlink("out.csv", in.at("link.csv"));
  for (const auto* other : {"out.csv", "link.csv", "./out.csv"}) {

    CHECK(
        message_of([&] { write_batch_output(job(), in.at("out.csv"), batch_output_options().failures(in.at(other))); },
                   errc::invalid_argument)
            .find("which is the output itself") != std::string::npos);
  }
  write_batch_output(job(), "/dev/null", batch_output_options().failures(in.at("failures.jsonl")));
  CHECK(in.files() == 2);
}

TEST_CASE("an output whose place is taken while it is written leaves nothing beside it") {
  const folder in;
  int calls = 0;
  const auto o = batch_output_options().check([&] {
    if (++calls == 4) // the output is open by then
      fs::create_directory(in.at("out.csv"));
  });
  CHECK(message_of([&] { write_batch_output(job(), in.at("out.csv"), o); }, errc::not_saved).find("directory") !=
        std::string::npos);
  CHECK(in.files() == 1);
}

TEST_CASE("an output that cannot be written is told, with where the answers are") {
  const folder in;
  fs::create_directory(in.at("folder"));
  const auto why = [&](const std::string& path) {
    return message_of([&] { write_batch_output(job(), path, {}); }, errc::not_saved);
  };
  CHECK(why(in.at("none/out.csv")) ==
        "cannot write " + in.at("none/out.csv") +
            ": No such file or directory; nothing is lost: every answer is in job.journal");
  CHECK(why(in.at("folder")).find("it is a folder") != std::string::npos);
  CHECK(why("/dev/full") ==
        "cannot write /dev/full: No space left on device; nothing is lost: every answer is in job.journal");
  CHECK_THROWS_AS(check_output(in.at("none/out.csv")), error);
  CHECK_THROWS_AS(check_output(in.at("folder")), error);
  check_output(in.at("out.csv"));
  check_output("/dev/null");
  CHECK(in.files() == 1);
}

TEST_CASE("a disk that fills up leaves the old output as it was") {
  const folder in;
  put(in.at("out.txt"), "old");
  fake_journal j;
  for (std::uint64_t i = 0; i != 100; ++i)
    j.add(answered(std::to_string(i), i, "\"" + std::string(10'000, 'x') + "\""));
  const auto child = ::fork();
  if (child == 0) {
    // A file that may not grow further is as good as a disk that may not.
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit most{100'000, 100'000};
    ::setrlimit(RLIMIT_FSIZE, &most);
    int code = 1;
    try {
      write_batch_output(j, in.at("out.txt"), {});
    } catch (const error& e) {
      code = e.code() == errc::not_saved ? 42 : 2;
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 42);
  CHECK(content(in.at("out.txt")) == "old");
  CHECK(in.files() == 1);
}

TEST_CASE("a process that is killed while it writes leaves the old output") {
  const folder in;
  put(in.at("out.txt"), "old");
  fake_journal j;
  for (std::uint64_t i = 0; i != 2000; ++i)
    j.add(answered(std::to_string(i), i, "\"" + std::string(1000, 'x') + "\""));
  const auto child = ::fork();
  if (child == 0) {
    int calls = 0;
    write_batch_output(j, in.at("out.txt"), batch_output_options().check([&calls] {
      if (++calls == 3500)
        ::kill(::getpid(), SIGKILL);
    }));
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WIFSIGNALED(status));
  CHECK(content(in.at("out.txt")) == "old");
  CHECK(in.files() == 1);
}

TEST_CASE("a FIFO gets the output once somebody reads it, and stays a FIFO") {
  const folder in;
  const auto path = in.at("pipe.csv");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::string got;
  std::thread reader([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    got = content(path);
  });
  write_batch_output(job(), path, {});
  reader.join();
  CHECK(got.starts_with("text,n,late,id,answer,weir_error\n"));
  CHECK(fs::is_fifo(path));
}

TEST_CASE("a FIFO that nobody reads can be given up, and a reader that leaves is told") {
  const folder in;
  const auto path = in.at("pipe.txt");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  int calls = 0;
  const auto give_up = batch_output_options().check([&calls] {
    if (++calls == 5)
      throw error(errc::cancelled, "interrupted");
  });
  CHECK_THROWS_WITH_AS(write_batch_output(job(), path, give_up), "interrupted", error);
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);
  const auto open = "/proc/self/fd/" + std::to_string(ends[1]);
  CHECK(message_of([&] { write_batch_output(job(), open, {}); }, errc::not_saved).find("Broken pipe") !=
        std::string::npos);
  ::close(ends[1]);
}

TEST_CASE("a pipe that is full waits, and can be given up") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  fake_journal j;
  for (std::uint64_t i = 0; i != 50; ++i)
    j.add(answered(std::to_string(i), i, "\"" + std::string(10'000, 'x') + "\""));
  int calls = 0;
  const auto give_up = batch_output_options().check([&calls] {
    if (++calls == 103) // the items are found and read by then
      throw error(errc::cancelled, "interrupted");
  });
  const auto open = "/proc/self/fd/" + std::to_string(ends[1]);
  CHECK_THROWS_WITH_AS(write_batch_output(j, open, give_up), "interrupted", error);
  ::close(ends[0]);
  ::close(ends[1]);
}
