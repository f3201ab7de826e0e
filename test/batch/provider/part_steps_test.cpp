// Single rules of a part's course, one by one; all of them together are played in part_core_test.
#include <doctest/doctest.h>

#include "batch/provider/part_core.hpp"

using namespace weir;
using namespace weir::vendor_batch;
using namespace std::chrono_literals;
using action = part_action::kind;
using request = part_request::kind;

namespace {

part_event record_of(part_step step, std::string id = {}, std::int64_t at = 1'790'000'000) {
  part_event e(step, "part-1", at);
  e.id = std::move(id);
  if (step == part_step::planned) {
    e.tag = "tag";
    e.items = {part_item("a", 0, 1), part_item("b", 1, 1)};
  }
  return e;
}

class course {
public:
  explicit course(part_rules r = with_files()) : core(record_of(part_step::planned), std::move(r)) {}
  static part_rules with_files() {
    part_rules r;
    r.uploads = true;
    return r;
  }

  part_action next() { return core.next(now, 0.5); }
  /// Goes on to the next request, through records and waits.
  part_request to_request() {
    for (int n = 0; n < 100; ++n) {
      const auto a = next();
      if (a.what == action::send)
        return a.request;
      if (a.what == action::write) {
        written.push_back(a.event.step);
        core.on_synced();
      } else if (a.what == action::wait) {
        waited += std::chrono::duration_cast<duration>(a.until - now);
        now = a.until;
      } else {
        break;
      }
    }
    FAIL("there is no further request");
    return {};
  }
  void answer(const part_request& to, part_answer a = {}) { core.on_answer(to, a, now, 0.5); }
  void fails(const part_request& to, int status, errc code) {
    answer(to, part_answer(failure(code, "no").status(status)));
  }
  /// To the first poll of a batch.
  part_request to_poll() {
    auto r = to_request();
    part_answer file;
    file.file = "file-1";
    answer(r, file);
    r = to_request();
    part_answer made;
    made.batch.id = "b1";
    answer(r, made);
    return to_request();
  }

  part_core core;
  wall_point now{1'790'000'000s};
  std::vector<part_step> written;
  duration waited{};
};

part_answer seen(batch_state s, std::vector<result_place> places = {}) {
  part_answer a;
  a.batch.id = "b1";
  a.batch.state = s;
  a.batch.places = std::move(places);
  return a;
}

} // namespace

TEST_CASE("nothing is created before its intent is in the journal") {
  course c;
  auto r = c.to_request();
  CHECK(r.what == request::upload);
  part_answer file;
  file.file = "file-1";
  c.answer(r, file);
  CHECK(c.next().event.step == part_step::uploaded);
  c.core.on_synced();
  CHECK(c.next().event.step == part_step::intended);
  CHECK(c.next().event.step == part_step::intended); // until it is synced
  c.core.on_synced();
  r = c.next().request;
  CHECK(r.what == request::create);
  CHECK(r.argument == "weir-tag-1");
}

TEST_CASE("after an intent without an outcome the list is searched, and again once a batch would show up in it") {
  course c;
  c.core.restore(record_of(part_step::uploaded, "file-1"));
  c.core.restore(record_of(part_step::intended, "weir-tag-1"));
  auto r = c.to_request();
  CHECK(r.what == request::list);
  SUBCASE("it is there by its nonce") {
    part_answer a;
    a.page.batches.resize(1);
    a.page.batches[0].id = "b7";
    a.page.batches[0].nonce = "weir-tag-1";
    c.answer(r, a);
    CHECK(c.to_request().argument == "b7");
    CHECK(c.written.back() == part_step::created);
  }
  SUBCASE("it is there by its file") {
    part_answer a;
    a.page.batches.resize(1);
    a.page.batches[0].id = "b7";
    a.page.batches[0].input_file = "file-1";
    c.answer(r, a);
    CHECK(c.to_request().argument == "b7");
  }
  SUBCASE("it is not") {
    c.answer(r);
    r = c.to_request();
    CHECK(r.what == request::list);
    CHECK(c.waited >= duration(60s));
    c.answer(r);
    CHECK(c.to_request().what == request::create);
  }
}

TEST_CASE("a creation that was refused is no reason to search; one that was lost is") {
  course c;
  auto r = c.to_request();
  part_answer file;
  file.file = "file-1";
  c.answer(r, file);
  r = c.to_request();
  REQUIRE(r.what == request::create);
  SUBCASE("429") {
    c.fails(r, 429, errc::rate_limited);
    CHECK(c.to_request().what == request::create);
  }
  SUBCASE("never sent") {
    c.answer(r, part_answer(failure(errc::connect_failed, "no"), false));
    CHECK(c.to_request().what == request::create);
  }
  SUBCASE("503") {
    c.fails(r, 503, errc::overloaded);
    CHECK(c.to_request().what == request::list);
    CHECK(c.waited >= duration(60s));
  }
  SUBCASE("409: it is there already") {
    c.fails(r, 409, errc::bad_request);
    CHECK(c.to_request().what == request::list);
  }
  SUBCASE("400: it stops, as it was") {
    c.fails(r, 400, errc::bad_request);
    CHECK(c.next().what == action::failed);
    CHECK(c.written.back() == part_step::intended);
  }
  SUBCASE("no room: it waits, and is created again") {
    auto why = failure(errc::rate_limited, "no").status(429).remote_code("token_limit_exceeded");
    c.answer(r, part_answer(why));
    CHECK(c.core.doing() == "waiting for room");
    CHECK(c.next().what == action::wait);
    c.core.on_room();
    CHECK(c.next().request.what == request::create);
  }
}

TEST_CASE("404 says nothing within the first minute, and later that the batch has vanished") {
  course c;
  auto r = c.to_poll();
  c.fails(r, 404, errc::not_found);
  r = c.to_request();
  CHECK(r.what == request::poll);
  c.now += 2min;
  c.fails(r, 404, errc::not_found);
  CHECK(c.next().event.step == part_step::terminal);
  CHECK(c.next().event.remark == "vanished");
  c.core.on_synced();
  CHECK(c.next().what == action::deliver); // of nothing: all lines are missing
}

TEST_CASE("of a batch that has vanished the results are read where it said they would be, before its lines go again") {
  course c;
  c.answer(c.to_poll(), seen(batch_state::running, {"results"}));
  c.now += 2min;
  c.fails(c.to_request(), 404, errc::not_found);
  const auto r = c.to_request();
  CHECK(r.what == request::fetch);
  CHECK(r.argument == "results");
  SUBCASE("they are there") {
    part_answer got;
    got.file = "results";
    c.answer(r, got);
    CHECK(c.next().event.step == part_step::fetched);
    CHECK(c.next().event.file == "results");
  }
  SUBCASE("they are gone with it, or refused") {
    bool refused = false;
    SUBCASE("404") {}
    SUBCASE("400") { refused = true; }
    c.fails(r, refused ? 400 : 404, refused ? errc::bad_request : errc::not_found);
    CHECK(c.next().event.step == part_step::fetched);
    CHECK(c.next().event.file.empty());
  }
}

TEST_CASE("both files are read in every terminal state") {
  for (const auto s : {batch_state::completed, batch_state::failed, batch_state::expired, batch_state::cancelled}) {
    course c;
    c.answer(c.to_poll(), seen(s, {"out", "err"}));
    for (const auto* place : {"out", "err"}) {
      const auto r = c.to_request();
      CHECK(r.what == request::fetch);
      CHECK(r.argument == place);
      part_answer got;
      got.file = place;
      c.answer(r, got);
    }
    CHECK(c.next().event.step == part_step::fetched);
    c.core.on_synced();
    CHECK(c.next().what == action::deliver);
    c.core.on_delivered();
    CHECK(c.next().event.step == part_step::settled);
  }
}

TEST_CASE("a batch that is completed with answers, but without their file, is looked at for a while") {
  course c;
  auto a = seen(batch_state::completed);
  a.batch.completed = 2;
  c.answer(c.to_poll(), a);
  auto r = c.to_request();
  CHECK(r.what == request::poll);
  c.answer(r, seen(batch_state::completed, {"out"}));
  CHECK(c.to_request().argument == "out");
}

TEST_CASE("a batch that never says it has ended, with results that can be read, is read after an hour") {
  course c;
  auto poll = c.to_poll();
  part_answer a;
  a.batch.id = "b1";
  a.batch.state = batch_state::finalizing;
  a.batch.places = {"b1"};
  const auto since = c.now;
  while (poll.what == request::poll) {
    c.answer(poll, a);
    poll = c.to_request();
  }
  CHECK(poll.what == request::fetch);
  CHECK(c.core.ended()->state == batch_state::cancelled);
  CHECK(c.now - since >= 1h);
  CHECK(c.now - since < 2h);
}

TEST_CASE("a batch that was turned away for want of room is created again under another nonce") {
  course c;
  auto a = seen(batch_state::failed);
  a.batch.problems.emplace_back("token_limit_exceeded", "Enqueued token limit reached");
  c.answer(c.to_poll(), a);
  const auto r = c.to_request();
  CHECK(r.what == request::create);
  CHECK(r.argument == "weir-tag-2");
  CHECK(c.waited >= duration(60s));
}

TEST_CASE("a cancelled part is not created, and a created one is cancelled and read") {
  course early;
  early.core.cancel();
  CHECK(early.next().event.step == part_step::settled);

  course late;
  auto r = late.to_poll();
  late.answer(r, seen(batch_state::running));
  late.core.cancel();
  r = late.to_request();
  CHECK(r.what == request::cancel);
  late.answer(r);
  r = late.to_request();
  CHECK(r.what == request::poll);
  late.answer(r, seen(batch_state::cancelled, {"out"}));
  CHECK(late.to_request().what == request::fetch);
}

TEST_CASE("uploads are removed after the end, and their failure holds nothing up") {
  course c;
  c.answer(c.to_poll(), seen(batch_state::completed));
  REQUIRE(c.next().event.step == part_step::terminal);
  c.core.on_synced();
  REQUIRE(c.next().what == action::deliver);
  c.core.on_delivered();
  for (int n = 0; n < 3; ++n) {
    const auto r = c.to_request();
    CHECK(r.what == request::remove_input);
    c.fails(r, 503, errc::overloaded);
  }
  c.now += 2min;
  CHECK(c.next().event.step == part_step::cleaned);
  c.core.on_synced();
  CHECK(c.next().what == action::done);
}

TEST_CASE("failures in a row stop a part in the end") {
  part_rules r = course::with_files();
  r.max_failures = 3;
  course c(r);
  for (int n = 0; n < 4; ++n) {
    const auto next = c.to_request();
    c.fails(next, 503, errc::overloaded);
  }
  CHECK(c.next().what == action::failed);
}
