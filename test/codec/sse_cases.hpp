// Cases for event streams, each with what a reader must see.
#pragma once

#include <string_view>

namespace codec_test {

using namespace std::string_view_literals;

struct sse_case {
  std::string_view name;
  std::string_view stream;
  std::string_view events; // "type|data|last id" and '#' after each
};

inline constexpr sse_case sse_cases[] = {
    // Lines and their ends.
    {"empty stream", ""sv, ""sv},
    {"one event, LF", "data: a\n\n"sv, "|a|#"sv},
    {"one event, CR", "data: a\r\r"sv, "|a|#"sv},
    {"one event, CRLF", "data: a\r\n\r\n"sv, "|a|#"sv},
    {"LF then CR", "data: a\n\r"sv, "|a|#"sv},
    {"LF then CRLF", "data: a\n\r\n"sv, "|a|#"sv},
    {"CR then CRLF is a line end and a blank line", "data: a\r\r\n"sv, "|a|#"sv},
    {"CRLF then CR", "data: a\r\n\r"sv, "|a|#"sv},
    {"CRLF then LF", "data: a\r\n\n"sv, "|a|#"sv},
    {"CRLF alone does not end an event", "data: a\r\n"sv, ""sv},
    {"CRLF then text is one line end", "data: a\r\ndata: b\r\n\r\n"sv, "|a\nb|#"sv},
    {"three kinds of line end in one event", "data: a\rdata: b\ndata: c\r\ndata: d\n\n"sv, "|a\nb\nc\nd|#"sv},
    {"LF CR is two line ends", "data: a\n\rdata: b\n\n"sv, "|a|#|b|#"sv},
    {"CR CR LF LF: the third is a blank line without data", "data: a\r\r\n\n"sv, "|a|#"sv},
    {"blank lines before the first event", "\n\n\ndata: a\n\n"sv, "|a|#"sv},
    {"blank lines between events", "data: a\n\n\n\n\ndata: b\n\n"sv, "|a|#|b|#"sv},
    {"CR as the last byte ends the line", "data: a\n\ndata: b\n\r"sv, "|a|#|b|#"sv},
    {"events in CR CR", "data: a\r\rdata: b\r\r"sv, "|a|#|b|#"sv},
    {"events in CRLF", "data: a\r\n\r\ndata: b\r\n\r\n"sv, "|a|#|b|#"sv},
    {"U+2028 does not end a line",
     "data: a\xE2\x80\xA8"
     "b\n\n"sv,
     "|a\xE2\x80\xA8"
     "b|#"sv},
    {"U+2029 does not end a line",
     "data: a\xE2\x80\xA9"
     "b\n\n"sv,
     "|a\xE2\x80\xA9"
     "b|#"sv},
    {"U+0085 does not end a line",
     "data: a\xC2\x85"
     "b\n\n"sv,
     "|a\xC2\x85"
     "b|#"sv},
    {"VT and FF do not end a line", "data: a\vb\fc\n\n"sv, "|a\vb\fc|#"sv},
    {"NUL does not end a line", "data: a\0b\n\n"sv, "|a\0b|#"sv},
    {"RS and US do not end a line",
     "data: a\x1E\x1F\x1C"
     "b\n\n"sv,
     "|a\x1E\x1F\x1C"
     "b|#"sv},

    // The end of the stream.
    {"no blank line at the end", "data: a\n"sv, ""sv},
    {"no line end at the end", "data: a"sv, ""sv},
    {"the last of two is unfinished", "data: a\n\ndata: b\n"sv, "|a|#"sv},
    {"the last line is unfinished", "data: a\n\ndata: b\ndata"sv, "|a|#"sv},
    {"unfinished after a colon", "data: a\n\ndata:"sv, "|a|#"sv},
    {"a comment at the end does not end an event", "data: a\n: end"sv, ""sv},
    {"only blank lines", "\n\r\n\r\n\n"sv, ""sv},

    // data
    {"no space after the colon", "data:a\n\n"sv, "|a|#"sv},
    {"one of two spaces is stripped", "data:  a\n\n"sv, "| a|#"sv},
    {"one of three spaces is stripped", "data:   a\n\n"sv, "|  a|#"sv},
    {"a tab is not stripped", "data:\ta\n\n"sv, "|\ta|#"sv},
    {"only the space before a tab is stripped", "data: \ta\n\n"sv, "|\ta|#"sv},
    {"U+00A0 is not stripped",
     "data:\xC2\xA0"
     "a\n\n"sv,
     "|\xC2\xA0"
     "a|#"sv},
    {"spaces at the end stay", "data: a  \n\n"sv, "|a  |#"sv},
    {"a colon in the value", "data: a:b: c\n\n"sv, "|a:b: c|#"sv},
    {"a value that begins with a colon", "data::a\n\n"sv, "|:a|#"sv},
    {"a colon after the space", "data: :a\n\n"sv, "|:a|#"sv},
    {"a value of one space is empty", "data: \n\n"sv, "||#"sv},
    {"a value of two spaces is one", "data:  \n\n"sv, "| |#"sv},
    {"data with a colon and nothing", "data:\n\n"sv, "||#"sv},
    {"data without a colon", "data\n\n"sv, "||#"sv},
    {"two lines of data without a colon", "data\ndata\n\n"sv, "|\n|#"sv},
    {"three of them", "data\ndata:\ndata: \n\n"sv, "|\n\n|#"sv},
    {"an empty line between two others", "data: a\ndata\ndata: b\n\n"sv, "|a\n\nb|#"sv},
    {"an empty line last", "data: a\ndata\n\n"sv, "|a\n|#"sv},
    {"an empty line first", "data\ndata: a\n\n"sv, "|\na|#"sv},
    {"two lines", "data: a\ndata: b\n\n"sv, "|a\nb|#"sv},
    {"JSON over lines", "data: {\ndata: \"a\": 1\ndata: }\n\n"sv, "|{\n\"a\": 1\n}|#"sv},
    {"other fields between lines of data", "data: a\nid: 1\n: c\nfoo: x\ndata: b\n\n"sv, "|a\nb|1#"sv},
    {"a comment inside an event", "data: a\n: comment\ndata: b\n\n"sv, "|a\nb|#"sv},

    // Names of fields.
    {"capital letters make another field", "Data: a\n\n"sv, ""sv},
    {"all in capitals", "DATA: a\nEVENT: b\nID: c\n\n"sv, ""sv},
    {"a longer name", "datax: a\n\n"sv, ""sv},
    {"a shorter name", "dat: a\n\n"sv, ""sv},
    {"a space before the name", " data: a\n\n"sv, ""sv},
    {"a space before the colon", "data : a\n\n"sv, ""sv},
    {"a name with a space and no colon", "data a\n\n"sv, ""sv},
    {"a tab before the colon", "data\t: a\n\n"sv, ""sv},
    {"a NUL in the name", "da\0ta: a\n\n"sv, ""sv},
    {"a NUL after the name", "data\0: a\n\n"sv, ""sv},
    {"an unknown field", "foo: bar\ndata: a\n\n"sv, "|a|#"sv},
    {"an unknown field without a colon", "foo\ndata: a\n\n"sv, "|a|#"sv},
    {"retry in digits", "retry: 3000\ndata: a\n\n"sv, "|a|#"sv},
    {"retry that is no number", "retry: soon\ndata: a\n\n"sv, "|a|#"sv},
    {"retry alone dispatches nothing", "retry: 3000\n\n"sv, ""sv},
    {"an invalid byte in the name", "da\xFFta: a\n\ndata: b\n\n"sv, "|b|#"sv},
    {"the name data as a value", "event: data\ndata: data\n\n"sv, "data|data|#"sv},

    // Comments.
    {"a comment", ": hello\n\ndata: a\n\n"sv, "|a|#"sv},
    {"an empty comment", ":\ndata: a\n\n"sv, "|a|#"sv},
    {"a comment that looks like data", ":data: b\ndata: a\n\n"sv, "|a|#"sv},
    {"a comment ended by CR", ": x\rdata: a\r\r"sv, "|a|#"sv},
    {"a comment of invalid UTF-8", ":\xFF\xFE\ndata: a\n\n"sv, "|a|#"sv},
    {"heartbeats between events", "data: a\n\n:\n\n:\n\ndata: b\n\n"sv, "|a|#|b|#"sv},

    // event
    {"a type", "event: add\ndata: a\n\n"sv, "add|a|#"sv},
    {"the type after the data", "data: a\nevent: add\n\n"sv, "add|a|#"sv},
    {"the last type counts", "event: x\nevent: y\ndata: a\n\n"sv, "y|a|#"sv},
    {"an empty type undoes one", "event: x\nevent\ndata: a\n\n"sv, "|a|#"sv},
    {"a type is for one event", "event: x\ndata: a\n\ndata: b\n\n"sv, "x|a|#|b|#"sv},
    {"a type without data is dropped at the blank line", "event: x\n\ndata: a\n\n"sv, "|a|#"sv},
    {"a type with spaces and a colon", "event:  a b:c \ndata: a\n\n"sv, " a b:c |a|#"sv},
    {"a long type", "event: response.output_text.annotation.added\ndata: a\n\n"sv,
     "response.output_text.annotation.added|a|#"sv},
    {"a type in another script", "event: \xD0\xB4\xD0\xB0\ndata: a\n\n"sv, "\xD0\xB4\xD0\xB0|a|#"sv},
    {"an invalid byte in a type", "event: x\xFF\ndata: a\n\n"sv, "x\xEF\xBF\xBD|a|#"sv},

    // id
    {"an id", "id: 1\ndata: a\n\n"sv, "|a|1#"sv},
    {"an id stays", "id: 1\ndata: a\n\ndata: b\n\n"sv, "|a|1#|b|1#"sv},
    {"an id takes effect at the blank line without data", "id: 1\n\ndata: a\n\n"sv, "|a|1#"sv},
    {"an id that never saw a blank line", "id: 1\ndata: a\n\nid: 2\n"sv, "|a|1#"sv},
    {"an id after the data", "data: a\nid: 1\n\n"sv, "|a|1#"sv},
    {"the last id counts", "id: 1\nid: 2\ndata: a\n\n"sv, "|a|2#"sv},
    {"an empty id resets", "id: 1\ndata: a\n\nid\ndata: b\n\n"sv, "|a|1#|b|#"sv},
    {"an empty id with a colon resets", "id: 1\ndata: a\n\nid:\ndata: b\n\n"sv, "|a|1#|b|#"sv},
    {"an id with NUL is ignored", "id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n"sv, "|a|1#|b|1#"sv},
    {"an id with NUL does not undo the one before", "id: 1\nid: \0\ndata: a\n\n"sv, "|a|1#"sv},
    {"an id with spaces", "id:  1 \ndata: a\n\n"sv, "|a| 1 #"sv},
    {"an id in another script", "id: \xE2\x80\xA6\ndata: a\n\n"sv, "|a|\xE2\x80\xA6#"sv},
    {"an invalid byte in an id", "id: \x80\ndata: a\n\n"sv, "|a|\xEF\xBF\xBD#"sv},

    // The byte order mark.
    {"a BOM",
     "\xEF\xBB\xBF"
     "data: a\n\n"sv,
     "|a|#"sv},
    {"two BOMs: the second belongs to the name",
     "\xEF\xBB\xBF\xEF\xBB\xBF"
     "data: a\n\n"sv,
     ""sv},
    {"a BOM on a later line",
     "\n\xEF\xBB\xBF"
     "data: a\n\ndata: b\n\n"sv,
     "|b|#"sv},
    {"a BOM after an event",
     "data: a\n\n\xEF\xBB\xBF"
     "data: b\n\n"sv,
     "|a|#"sv},
    {"a BOM in a value",
     "data: \xEF\xBB\xBF"
     "a\n\n"sv,
     "|\xEF\xBB\xBF"
     "a|#"sv},
    {"a BOM and nothing", "\xEF\xBB\xBF"sv, ""sv},
    {"a BOM and a blank line",
     "\xEF\xBB\xBF\n\xEF\xBB\xBF"
     "data: a\n\ndata: b\n\n"sv,
     "|b|#"sv},
    {"a BOM and a comment", "\xEF\xBB\xBF: x\ndata: a\n\n"sv, "|a|#"sv},
    {"two bytes of a BOM",
     "\xEF\xBB"
     "data: a\n\ndata: b\n\n"sv,
     "|b|#"sv},
    {"a BOM in UTF-16 is no BOM",
     "\xFE\xFF"
     "data: a\n\ndata: b\n\n"sv,
     "|b|#"sv},

    // UTF-8 and what is not.
    {"two, three and four bytes", "data: \xC3\xA9\xE6\xB2\xB3\xF0\x9F\x98\x80\n\n"sv,
     "|\xC3\xA9\xE6\xB2\xB3\xF0\x9F\x98\x80|#"sv},
    {"a lone continuation byte",
     "data: a\x80"
     "b\n\n"sv,
     "|a\xEF\xBF\xBD"
     "b|#"sv},
    {"a byte that never occurs", "data: \xFF\xC0\xF5\n\n"sv, "|\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD|#"sv},
    {"three of four bytes are one part", "data: \xF0\x9F\x98z\n\n"sv, "|\xEF\xBF\xBDz|#"sv},
    {"a sequence cut by the line end", "data: \xE6\xB2\n\n"sv, "|\xEF\xBF\xBD|#"sv},
    {"a sequence is not joined over a line end", "data: \xC3\ndata: \xA9\n\n"sv, "|\xEF\xBF\xBD\n\xEF\xBF\xBD|#"sv},
    {"a surrogate is three parts", "data: \xED\xA0\x80\n\n"sv, "|\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD|#"sv},
    {"an overlong form is as many parts as bytes", "data: \xE0\x80\x80\n\n"sv,
     "|\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD|#"sv},
    {"above U+10FFFF", "data: \xF4\x90\x80\x80\n\n"sv, "|\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD|#"sv},
    {"a new lead cuts a sequence", "data: \xE6\xC3\xA9\n\n"sv, "|\xEF\xBF\xBD\xC3\xA9|#"sv},
    {"an unfinished sequence before the colon's value", "data:\xE6 a\n\n"sv, "|\xEF\xBF\xBD a|#"sv},
    {"one valid line and one invalid", "data: \xC3\xA9\ndata: \xC3\n\n"sv, "|\xC3\xA9\n\xEF\xBF\xBD|#"sv},

    // As providers send them.
    {"a chat's end", "data: {\"x\":1}\n\ndata: [DONE]\n\n"sv, "|{\"x\":1}|#|[DONE]|#"sv},
    {"named events with a ping", "event: message_start\ndata: {}\n\nevent: ping\ndata: {}\n\n: k\n\n"sv,
     "message_start|{}|#ping|{}|#"sv},
    {"all fields", "id: 9\nevent: add\nretry: 1\ndata: a\ndata: b\n\n"sv, "add|a\nb|9#"sv},
};

} // namespace codec_test
