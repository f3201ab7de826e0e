// Recognising bodies by their first bytes, and reading their titles.
#include <doctest/doctest.h>

#include "codec/text/sniff.hpp"
#include "codec/text/utf8.hpp"

using namespace weir::codec;
using namespace std::string_view_literals;

TEST_CASE("a body is recognised by its first bytes, whatever precedes them") {
  for (const auto blank : {""sv, " \r\n\t"sv, "\xEF\xBB\xBF"sv}) {
    const auto what = [blank](std::string_view body) { return sniff(std::string(blank) + std::string(body)); };
    CHECK(what("") == content::nothing);
    CHECK(what("{\"a\":1}") == content::json);
    CHECK(what("[1]") == content::json);
    for (const char* event : {"data: x", "data:x", "event: e", "id: 1", "retry: 5", ": comment", ":"})
      CHECK(what(event) == content::events);
    for (const char* page : {"<!DOCTYPE html>", "<!doctype HTML><html>", "<HTML>", "<head>",
                             "<?xml version='1.0'?><html>", "<!-- 502 --><html>"})
      CHECK(what(page) == content::page);
    for (const char* markup : {"<?xml version='1.0'?><Error>", "<Error>", "<soap:Envelope>"})
      CHECK(what(markup) == content::markup);
    for (const char* text : {"no such model", "database is down", "events are off", "data", "caf\xc3\xa9", "caf\xe9"})
      CHECK(what(text) == content::text);
    CHECK(what("\x89PNG\r\n\x1a\n"sv) == content::binary);
    CHECK(what("RIFF\4\0\0\0WAVE"sv) == content::binary);
  }
}

TEST_CASE("too short a start is undecided, and stays so for blanks only") {
  for (const auto* start : {"", "  \n", "d", "data", "ev", "re", "<", "<!DOC"})
    CHECK(undecided(start));
  for (const auto* start : {"data:", "dam", "{", "[", "x", ":", "<html>", "<!DOCTYPE html PUBLIC"})
    CHECK_FALSE(undecided(start));
}

TEST_CASE("lines of objects are distinguished from one object by what follows the first line") {
  CHECK(several_objects("{\"a\":1}\n{\"a\":2}\n"));
  CHECK(several_objects("\n{\"a\":1} \r\n\r\n {"));
  CHECK_FALSE(several_objects("{\"a\":1}\n"));
  CHECK_FALSE(several_objects("{\n\"a\":{}\n}"));
  CHECK_FALSE(several_objects("{\"a\":\n{}}"));
  CHECK_FALSE(several_objects("[{}\n,{}]"));
}

TEST_CASE("a page is named by its title, else its heading; markup by its elements") {
  CHECK(title_of("<html><head><TITLE lang=en>502 Bad &amp; Gone\n Gateway</TITLE></head><h1>x</h1>") ==
        "502 Bad & Gone Gateway");
  CHECK(title_of("<body><h1>Sign <b>in</b></h1>") == "Sign in");
  CHECK(title_of("<body>words") == "");
  CHECK(title_of("<html><title>cut of") == "cut of");
  CHECK(title_of("<title") == "");
  CHECK(element_of("<E><Code>AccessDenied</Code><Message>the words</Message></E>", "message") == "the words");
  CHECK(element_of("<s:Fault><s:Text x='y'>no</s:Text></s:Fault>", "text") == "no");
  CHECK(element_of("<messages>1</messages><message>2</message>", "message") == "2");
  CHECK(text_of_markup("<a>one</a> <b>two &lt;3</b>", 100) == "one two <3");
  CHECK(text_of_markup("<a>0123456789", 4) == "0123");
}

TEST_CASE("UTF-16 of either order becomes UTF-8; an odd byte and lone surrogates are refused") {
  const auto decoded = [](std::string_view bytes, bool big) {
    std::string out;
    return append_utf16(out, bytes, big) ? out : "refused";
  };
  CHECK(decoded("H\0\xe9\0\xac\x20"sv, false) == "H\xc3\xa9\xe2\x82\xac");
  CHECK(decoded("\0H\0\xe9\x20\xac"sv, true) == "H\xc3\xa9\xe2\x82\xac");
  CHECK(decoded("\x3d\xd8\x0a\xde"sv, false) == "\xf0\x9f\x98\x8a");
  CHECK(decoded("", true) == "");
  for (const auto bad : {"H"sv, "\x3d\xd8"sv, "\x3d\xd8H\0"sv, "\x0a\xde"sv, "\x3d\xd8\x3d\xd8"sv})
    CHECK(decoded(bad, false) == "refused");
}
