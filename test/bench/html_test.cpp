#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "bench/report/html/axis.hpp"
#include "bench/report/html/svg.hpp"
#include "bench/sample_record.hpp"

namespace {

using namespace weir;
using namespace weir::test;
using namespace weir::bench_report;
using namespace std::chrono_literals;

bool has(std::string_view text, std::string_view what) { return text.find(what) != text.npos; }

std::size_t count(std::string_view text, std::string_view what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + what.size()))
    ++n;
  return n;
}

// Whether every element that begins also ends, in order: what browsers would mend silently.
std::string unbalanced(const std::string& page) {
  static const std::vector<std::string> alone{"meta", "link", "!DOCTYPE"};
  std::vector<std::string> open;
  // What is in the script is data.
  const auto text = page.substr(0, page.find("<script"));
  for (auto at = text.find('<'); at != text.npos; at = text.find('<', at + 1)) {
    const auto end = text.find('>', at);
    if (end == text.npos)
      return "a tag is not closed";
    const bool closing = text[at + 1] == '/';
    const auto begin = at + (closing ? 2 : 1);
    const auto name = text.substr(begin, text.find_first_of(" />", begin) - begin);
    if (text[end - 1] == '/' || std::find(alone.begin(), alone.end(), name) != alone.end())
      continue;
    if (!closing)
      open.push_back(name);
    else if (open.empty() || open.back() != name)
      return "</" + name + "> closes <" + (open.empty() ? "" : open.back()) + ">";
    else
      open.pop_back();
  }
  return open == std::vector<std::string>{"html", "body"} ? "" : "something is left open";
}

} // namespace

TEST_CASE("an axis has round ticks, and values beyond it are at its ends") {
  axis linear(0, 87);
  linear.on(0, 870);
  CHECK(linear(43.5) == doctest::Approx(435));
  CHECK(linear(1000) == 870);
  CHECK(linear(std::nan("")) == 0);
  CHECK(linear.ticks(5) == std::vector<double>{0, 20, 40, 60, 80});
  axis log(0.01, 10, true);
  log.on(300, 0);
  CHECK(log(0.1) == doctest::Approx(200));
  CHECK(log(0) == 300);
  CHECK(log.ticks(12).size() == 10);
  CHECK(log.ticks(5).size() == 4);
  CHECK(axis::around({0.013, 3.2}, true).from() == doctest::Approx(0.01));
  CHECK(axis::around({0.013, 3.2}, true).to() == doctest::Approx(5));
  CHECK(axis::around({3, 47}, false).to() == doctest::Approx(50));
  // Whatever comes, it is an axis.
  for (const auto& odd : {axis(0, 0), axis(5, 1), axis(0, 0, true), axis::around({}, true), axis::around({0}, false),
                          axis::around({HUGE_VAL, -1}, true), axis::around({1e-9, 1e15}, true)}) {
    CHECK(odd.from() < odd.to());
    CHECK(odd.ticks(5).size() <= 6);
  }
}

TEST_CASE("an axis of times that are close to each other has ticks, too") {
  for (const double to : {0.0833, 0.09, 0.12, 0.2}) {
    const axis a(0.08, to, true);
    const auto ticks = a.ticks(7);
    INFO(to);
    CHECK(ticks.size() >= 2);
    CHECK(ticks.size() <= 7);
    CHECK(ticks.front() >= 0.08);
    CHECK(ticks.back() <= to * 1.001);
  }
}

TEST_CASE("ticks are labelled with their unit, in full") {
  CHECK(tick_time(0) == "0");
  CHECK(tick_time(2e-4) == "200 µs");
  CHECK(tick_time(0.05) == "50 ms");
  CHECK(tick_time(1.5) == "1.5 s");
  CHECK(tick_time(100) == "100 s");
  CHECK(tick_time(300) == "5 min");
  CHECK(tick_time(7200) == "2 h");
  CHECK(tick_number(2500) == "2,500");
  CHECK(tick_number(0.5) == "0.5");
  CHECK(tick_number(2.5e6) == "2.5M");
}

TEST_CASE("what is foreign is escaped") {
  CHECK(escaped("a<b>&\"'\n\x1b") == "a&lt;b&gt;&amp;&quot;&#39;??");
  CHECK(escaped("abcdef", 3) == "abc…");
}

TEST_CASE("the page has everything in it, and nothing from elsewhere") {
  for (const auto& r : {healthy_record(), invalid_record(), searched_record(), compared_record(), incomplete_record(),
                        hostile_record()}) {
    const auto page = result_of(r).html();
    CHECK(page.starts_with("<!DOCTYPE html>"));
    CHECK(unbalanced(page) == "");
    CHECK(page.size() < 500'000);
    CHECK(count(page, "<svg viewBox") >= 8);
    CHECK(count(page, "<script") == 1);
    CHECK(count(page, "</script") == 1);
    const auto shown = page.substr(0, page.find("<script"));
    for (const std::string outside : {"url(", "@import", "<link rel=\"style", "<img", " nan", "-nan", "inf ", "\"inf"})
      CHECK_FALSE_MESSAGE(has(shown, outside), outside);
    CHECK(has(page, "prefers-color-scheme:dark"));
    CHECK(has(page, "@media print"));
  }
}

TEST_CASE("the verdict comes first, in the colour that it deserves") {
  const auto banner = [](const record& r) {
    const auto page = result_of(r).html();
    const auto at = page.find("<header class=\"verdict ");
    return page.substr(at + 23, page.find("</h1>", at) - at - 23);
  };
  CHECK(banner(healthy_record()).starts_with("ok\""));
  CHECK(banner(healthy_record()).ends_with("<h1>Valid"));
  CHECK(banner(invalid_record()).starts_with("bad\""));
  CHECK(banner(invalid_record()).ends_with("<h1>Invalid"));
  CHECK(banner(incomplete_record()).starts_with("warn\""));
  auto shaken = healthy_record();
  shaken.windows[20].health.loop_lag = 90ms;
  CHECK(banner(shaken).starts_with("warn\""));
  CHECK(banner(parted_records(2).first[0]).starts_with("warn\""));
}

TEST_CASE("a page is read again as the record that it is of") {
  for (const auto& r : {healthy_record(), searched_record(), compared_record()})
    CHECK(read_bench_result(result_of(r).html()).data() == r);
  // Also what would close the element.
  auto r = healthy_record(10, 5);
  r.command = "</script><script type=\"application/json\" id=\"weir-bench\">{}</script><!--";
  CHECK(read_bench_result(result_of(r).html()).data() == r);
}

TEST_CASE("a long run with windows without number makes a page of bounded size") {
  const auto page = result_of(healthy_record(1500, 4)).html();
  MESSAGE("bytes: " << page.size() << ", of these data: " << page.size() - page.find("<script"));
  CHECK(page.size() < 500'000);
  CHECK(page.find("<script") < 200'000);
}

TEST_CASE("each chart has what it is to show") {
  const auto page = result_of(healthy_record()).html();
  CHECK(has(page, "99.9 % needs 6,636 calls"));
  CHECK(has(page, "ttft_sent: from when it was sent"));
  CHECK(has(page, "class=\"warm-up\""));
  CHECK(has(page, "refused for the rate"));
  CHECK(has(page, "objective 800 ms"));
  CHECK(has(page, "limit 10 ms"));
  CHECK(has(result_of(searched_record()).html(), "peak 38.3/s"));
  CHECK(has(result_of(invalid_record()).html(), "the load generator stalled"));
  CHECK(has(result_of(compared_record()).html(), "ratio; 1 is no difference"));
}

TEST_CASE("a record of next to nothing makes a page as well") {
  record r;
  r.targets.emplace_back();
  const auto page = result_of(r).html();
  CHECK(unbalanced(page) == "");
  CHECK(has(page, "nothing was measured"));
  CHECK_FALSE(result_of(r).text().empty());
  CHECK_FALSE(result_of(r).vllm().empty());
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    const auto any = result_of(random_record(seed));
    INFO(seed);
    CHECK(unbalanced(any.html()) == "");
    CHECK_FALSE(any.text().empty());
    CHECK_FALSE(any.csv().empty());
    CHECK_FALSE(any.vllm().empty());
    CHECK_FALSE(any.aiperf().empty());
  }
}
