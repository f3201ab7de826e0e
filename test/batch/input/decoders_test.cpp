// Bytes to rows: lines, lists and tables, in whatever pieces they come.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include <weir/core/error.hpp>

#include "batch/input/csv.hpp"
#include "batch/input/line_buffer.hpp"
#include "batch/input/row_decoder.hpp"

using namespace weir;
using namespace weir::input;

namespace {

using maker = std::unique_ptr<row_decoder> (*)(const decoder_options&);

std::unique_ptr<row_decoder> any_table(const decoder_options& o) { return table_rows(o, 0); }

std::vector<row> decode(maker make, std::string_view bytes, std::size_t piece, std::size_t limit = 1 << 20) {
  decoder_options o;
  o.name = "in";
  o.max_line = limit;
  const auto decoder = make(o);
  std::vector<row> rows;
  const auto take = [&] {
    while (auto r = decoder->next())
      rows.push_back(*std::move(r));
  };
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    // A buffer of its own, so that a sanitizer sees what is kept of it.
    const std::string some(bytes.substr(0, piece));
    decoder->feed(some);
    take();
  }
  decoder->finish();
  take();
  return rows;
}

// A line per row: where it begins, and what it is.
std::string shown(const std::vector<row>& rows) {
  std::string all;
  for (const auto& r : rows)
    all += std::to_string(r.line) + " " + (r.problem.empty() ? codec::to_text(r.members) : "!" + r.problem) + "\n";
  return all;
}

std::string decoded(maker make, std::string_view bytes, std::size_t limit = 1 << 20) {
  const auto whole = shown(decode(make, bytes, bytes.size() + 1, limit));
  for (const std::size_t piece : {1, 2, 3, 7, 64})
    CHECK(shown(decode(make, bytes, piece, limit)) == whole);
  return whole;
}

template <class F>
std::string refusal(F f) {
  try {
    f();
  } catch (const error& e) {
    CHECK(e.code() == errc::invalid_argument);
    return e.failure().message();
  }
  return {};
}

} // namespace

TEST_CASE("lines end with LF, CRLF or the input, a byte order mark is none of their text, and blank ones are skipped") {
  CHECK(decoded(text_rows, "\xEF\xBB\xBF"
                           "a\r\nb\n\n  \nc") == "1 {\"text\":\"a\"}\n2 {\"text\":\"b\"}\n5 {\"text\":\"c\"}\n");
  CHECK(decoded(text_rows, "") == "");
  CHECK(decoded(text_rows, "\xEF\xBB\xBF") == "");
  CHECK(decoded(text_rows, "\xEF\xBB") == "1 !not UTF-8: byte 0xEF at column 1\n");
}

TEST_CASE("a line that is no text is one rejected row, told with its number") {
  CHECK(decoded(text_rows, std::string_view("a\nb\0c\nd\xFF\ne", 10)) ==
        "1 {\"text\":\"a\"}\n2 !a zero byte at column 2\n3 !not UTF-8: byte 0xFF at column 2\n4 {\"text\":\"e\"}\n");
}

TEST_CASE("a line over the limit is one rejected row, and is not held") {
  const auto longer = "ok\n" + std::string(100, 'x') + "\r\n" + std::string(10, 'y') + "\r\n" + std::string(11, 'z');
  CHECK(decoded(text_rows, longer, 10) == "1 {\"text\":\"ok\"}\n2 !the line is longer than 10 bytes\n3 "
                                          "{\"text\":\"yyyyyyyyyy\"}\n4 !the line is longer than 10 bytes\n");
}

TEST_CASE("JSON lines: a broken one is told with its column, and the others are read") {
  CHECK(
      decoded(jsonl_rows, "{\"a\":1}\n{\"a\":}\n\n[1]\n\"text\"\n{\"a\":1,\"a\":2}") ==
      "1 {\"a\":1}\n2 !not JSON: " +
          [] {
            error_code ec;
            codec::json_problem p;
            codec::parse_json("{\"a\":}", ec, p);
            return p.reason + " at column " + std::to_string(p.offset + 1);
          }() +
          "\n4 !a JSON value that is neither an object nor a text\n5 {\"text\":\"text\"}\n6 !not JSON: " +
          [] {
            error_code ec;
            codec::json_problem p;
            codec::parse_json("{\"a\":1,\"a\":2}", ec, p);
            return p.reason + " at column " + std::to_string(p.offset + 1);
          }() +
          "\n");
}

TEST_CASE("an object over several lines says how to write it in one") {
  CHECK(refusal([] { decode(jsonl_rows, "{\n  \"a\": 1\n}\n", 99); }).find("jq -c . in") != std::string::npos);
}

TEST_CASE("a list is read value by value, and a broken value is one broken row") {
  CHECK(decoded(list_rows, "[\n {\"a\": [1, {\"b\": \"]}\\\"\"}]},\n {\"c\": 2\n }, \"x\", 7 , {\"a\":}\n]\n") ==
        "2 {\"a\":[1,{\"b\":\"]}\\\"\"}]}\n3 {\"c\":2}\n4 {\"text\":\"x\"}\n4 !a JSON value that is neither an object "
        "nor a text\n4 !not JSON: " +
            [] {
              error_code ec;
              codec::json_problem p;
              codec::parse_json("{\"a\":}", ec, p);
              return p.reason + " at column " + std::to_string(p.offset + 1);
            }() +
            "\n");
  CHECK(decoded(list_rows, "[]") == "");
  CHECK(decoded(list_rows, "[{\"a\":1}") ==
        "1 {\"a\":1}\n1 !the list is not closed: the end of the input is missing\n");
  CHECK(decoded(list_rows, "[{\"a\":1}]\n{}{}") == "1 {\"a\":1}\n2 !there is something behind the end of the list\n");
  CHECK(decoded(list_rows, "[\"" + std::string(50, 'x') + "\",\"y\"]", 10) ==
        "1 !the value is longer than 10 bytes\n1 {\"text\":\"y\"}\n");
}

TEST_CASE("tables are read as RFC 4180 has them: quotes, line ends in cells, doubled quotes") {
  CHECK(decoded(any_table, "\xEF\xBB\xBFid,text\r\n1,\"a \"\"b\"\", c\"\r\n2,\"two\nlines\"\r\n3,\n") ==
        "2 {\"id\":\"1\",\"text\":\"a \\\"b\\\", c\"}\n3 {\"id\":\"2\",\"text\":\"two\\nlines\"}\n5 "
        "{\"id\":\"3\",\"text\":\"\"}\n");
  CHECK(decoded(any_table, "a;b\n1;2,3") == "2 {\"a\":\"1\",\"b\":\"2,3\"}\n");
  CHECK(decoded(any_table, "a\tb\n1\t2") == "2 {\"a\":\"1\",\"b\":\"2\"}\n");
  CHECK(decoded(any_table, "\"a,;b\",c\n1,2") == "2 {\"a,;b\":\"1\",\"c\":\"2\"}\n");
  CHECK(decoded(any_table, "size,n\n5\" pipe,1\n6,2") == "2 {\"size\":\"5\\\" pipe\",\"n\":\"1\"}\n3 "
                                                         "{\"size\":\"6\",\"n\":\"2\"}\n");
  CHECK(decoded(any_table, "only\nx\n\ny\n") == "2 {\"only\":\"x\"}\n4 {\"only\":\"y\"}\n");
}

TEST_CASE("a row of a table that cannot be read is rejected with its line, and the next one is read") {
  CHECK(decoded(any_table, "a,b\n1\n1,2,3\n\"x\"y,2\n\xFF,2\n5,6\n") ==
        "2 !the row has 1 cell, the header 2\n3 !the row has 3 cells, the header 2\n4 !something follows the closing "
        "quote of cell 1: a quote in a cell is written twice\n5 !not UTF-8: byte 0xFF at column 1\n6 "
        "{\"a\":\"5\",\"b\":\"6\"}\n");
  CHECK(decoded(any_table, "a,b\n1,2\n\"open,2\n3,4\n") ==
        "2 {\"a\":\"1\",\"b\":\"2\"}\n3 !a quote that opens in this row is never closed: what follows was not read\n");
  CHECK(decoded(any_table, "a,b\n\"" + std::string(50, '\n') + "\",2\n3,4", 20) ==
        "2 !the row is longer than 20 bytes\n53 {\"a\":\"3\",\"b\":\"4\"}\n");
}

TEST_CASE("a table without a header, or with a column twice, is refused as a whole") {
  CHECK(refusal([] { decode(any_table, "", 9); }) == "in has no header: the first line of a table names its columns");
  CHECK(refusal([] { decode(any_table, "a,b,a\n1,2,3\n", 9); }) == "in: the header has the column 'a' twice");
  CHECK(refusal([] { decode(any_table, "a,\xFF\n", 9); }) ==
        "in: the header is no text: not UTF-8: byte 0xFF at column 3");
}

TEST_CASE("the format is found by the name, with what packs it taken off, else by the first line") {
  const std::vector<std::string> columns{"text"};
  CHECK(format_of("a.JSONL.gz", "", columns) == batch_format::json);
  CHECK(format_of("a.csv.zst", "", columns) == batch_format::csv);
  CHECK(format_of("a.tsv", "", columns) == batch_format::tsv);
  CHECK(format_of("a.txt", "{}", columns) == batch_format::text);
  CHECK(format_of("stdin", "\xEF\xBB\xBF {\"a\":1}\n", columns) == batch_format::jsonl);
  CHECK(format_of("stdin", "[\n{\"a\":1}\n", columns) == batch_format::json);
  CHECK(format_of("stdin", "[see below], then go on\n", columns) == batch_format::text);
  CHECK(format_of("stdin", "id,text\r\n1,2\n", columns) == batch_format::csv);
  CHECK(format_of("stdin", "Translate this, please\n", columns) == batch_format::text);
  CHECK(format_of("x", "\x89PNG\r\n\x1a\n0000", columns) == batch_format::files);
}

TEST_CASE("what is no text at all says what to do with it") {
  CHECK(problem_of_input("PAR1....").find("duckdb") != std::string::npos);
  CHECK(problem_of_input("PK\x03\x04").find("CSV") != std::string::npos);
  CHECK(problem_of_input("\xFF\xFE"
                         "a")
            .find("iconv") != std::string::npos);
  CHECK(problem_of_input("\xFD"
                         "7zXZ")
            .find("xz -dc") != std::string::npos);
  CHECK(problem_of_input("{\"a\":1}").empty());
}

TEST_CASE("random tables that a simple writer wrote are read back") {
  std::mt19937 random(7);
  const std::string alphabet[] = {"a", "\"", ",", "\n", "\r\n", " ", "é", ";", "\t", "\xF0\x9F\x98\x80"};
  const auto cell = [&] {
    std::string s;
    for (auto n = random() % 6; n > 0; --n)
      s += alphabet[random() % std::size(alphabet)];
    return s;
  };
  for (int round = 0; round < 300; ++round) {
    const auto columns = 2 + random() % 4;
    std::string table;
    for (std::size_t i = 0; i < columns; ++i)
      table += (i ? ",c" : "c") + std::to_string(i);
    std::vector<std::vector<std::string>> rows(random() % 8);
    for (auto& r : rows) {
      table += random() % 2 ? "\n" : "\r\n";
      for (std::size_t i = 0; i < columns; ++i) {
        r.push_back(cell());
        std::string quoted;
        for (const char c : r.back())
          quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
        table += (i ? "," : "") + ("\"" + quoted + "\"");
      }
    }
    const auto read = decode(any_table, table, 1 + random() % 9);
    REQUIRE(read.size() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t c = 0; c < columns; ++c)
        CHECK(cell_text(read[i].members.at("c" + std::to_string(c))) == rows[i][c]);
  }
}

TEST_CASE("random bytes never crash a decoder, and mean the same in any pieces") {
  std::mt19937 random(11);
  constexpr std::string_view likely = "\"\"\"{}[],,:;\n\n\r\t\\ab1\xFF\xEF\xBB\xBF\0 ";
  for (const maker make : {maker(jsonl_rows), maker(text_rows), maker(list_rows), maker(any_table)})
    for (int round = 0; round < 400; ++round) {
      std::string bytes;
      for (auto n = random() % 120; n > 0; --n)
        bytes += likely[random() % likely.size()];
      std::string whole, pieces;
      const auto why = refusal([&] { whole = shown(decode(make, bytes, bytes.size() + 1, 30)); });
      const auto other = refusal([&] { pieces = shown(decode(make, bytes, 1 + random() % 5, 30)); });
      CHECK(why == other);
      if (why.empty())
        CHECK(whole == pieces);
    }
}
