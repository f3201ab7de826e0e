// Responses with the verdict that the reader must give, whatever the split of their bytes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <weir/core/error.hpp>

namespace response_cases {

inline std::string ok(int status, const std::string& body, const char* connection) {
  return std::to_string(status) + " '" + body + "' " + connection;
}
inline std::string bad(weir::errc e) { return std::string(weir::name_of(e)); }

class response_case {
public:
  response_case(std::string n, std::string b, std::string v)
      : name(std::move(n)), bytes(std::move(b)), verdict(std::move(v)) {}
  std::string name;
  std::string bytes; ///< Everything the peer sends before it ends in order.
  std::string verdict;
};

inline std::string repeat(const std::string& text, std::size_t n) {
  std::string out;
  out.reserve(text.size() * n);
  while (n-- > 0)
    out += text;
  return out;
}

inline std::string head(const std::string& fields, const std::string& status = "HTTP/1.1 200 OK") {
  return status + "\r\n" + fields + "\r\n";
}
inline std::string sized(const std::string& fields) { return head("Content-Length: 2\r\n" + fields) + "hi"; }
inline std::string chunked(const std::string& chunks, const std::string& fields = "") {
  return head("Transfer-Encoding: chunked\r\n" + fields) + chunks;
}

inline std::vector<response_case> table() {
  using weir::errc;
  const auto malformed = bad(errc::malformed_response);
  const auto large = bad(errc::response_too_large);
  const auto coded = bad(errc::unexpected_content);
  const auto lost = bad(errc::connection_lost);
  const std::string nul(1, '\0');
  std::vector<response_case> t;
  const auto add = [&t](const char* name, std::string bytes, std::string verdict) {
    t.emplace_back(name, std::move(bytes), std::move(verdict));
  };

  // Well-formed, in all the ways a body can end.
  add("content length", sized(""), ok(200, "hi", "keep"));
  add("content length zero", head("Content-Length: 0\r\n"), ok(200, "", "keep"));
  add("one chunk", chunked("2\r\nhi\r\n0\r\n\r\n"), ok(200, "hi", "keep"));
  add("chunks of one", chunked("1\r\nh\r\n1\r\ni\r\n0\r\n\r\n"), ok(200, "hi", "keep"));
  add("no chunk but the last", chunked("0\r\n\r\n"), ok(200, "", "keep"));
  add("hexadecimal sizes in both cases", chunked("a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n"),
      ok(200, "01234567890123456789a", "keep"));
  add("a chunk that contains CR LF", chunked("4\r\n\r\n\r\n\r\n0\r\n\r\n"), ok(200, "\r\n\r\n", "keep"));
  add("a few leading zeros", chunked("0002\r\nhi\r\n000\r\n\r\n"), ok(200, "hi", "keep"));
  add("a chunk extension", chunked("2;a=b\r\nhi\r\n0;c\r\n\r\n"), ok(200, "hi", "keep"));
  add("a quoted chunk extension", chunked("2;a=\"b;c\"\r\nhi\r\n0\r\n\r\n"), ok(200, "hi", "keep"));
  add("white space before an extension", chunked("2 ;a\r\nhi\r\n0\r\n\r\n"), ok(200, "hi", "keep"));
  add("trailers are dropped", chunked("2\r\nhi\r\n0\r\nX-A: 1\r\nContent-Length: 9\r\n\r\n"), ok(200, "hi", "keep"));
  add("until the connection ends", head("") + "hi", ok(200, "hi", "close"));
  add("until the connection ends, empty", head(""), ok(200, "", "close"));
  add("204", head("", "HTTP/1.1 204 No Content"), ok(204, "", "keep"));
  add("304 with a length", head("Content-Length: 5\r\n", "HTTP/1.1 304 Not Modified"), ok(304, "", "keep"));
  add("an error with a body", head("Content-Length: 2\r\n", "HTTP/1.1 429 Slow Down") + "no", ok(429, "no", "keep"));
  add("no reason and no blank", head("Content-Length: 2\r\n", "HTTP/1.1 429") + "no", ok(429, "no", "keep"));
  add("an interim response without a reason", "HTTP/1.1 103\r\n\r\n" + sized(""), ok(200, "hi", "keep"));
  add("an empty reason", head("Content-Length: 0\r\n", "HTTP/1.1 200 "), ok(200, "", "keep"));
  add("a reason beyond ASCII", head("Content-Length: 0\r\n", "HTTP/1.1 200 Se\xc3\xb1or"), ok(200, "", "keep"));
  add("names without regard to case", head("CONTENT-LENGTH: 2\r\n") + "hi", ok(200, "hi", "keep"));
  add("the coding without regard to case", head("Transfer-encoding: Chunked\r\n") + "0\r\n\r\n", ok(200, "", "keep"));
  add("white space around a value", head("Content-Length: \t2 \t\r\n") + "hi", ok(200, "hi", "keep"));
  add("the same length twice", head("Content-Length: 2\r\nContent-Length: 2\r\n") + "hi", ok(200, "hi", "keep"));
  add("an empty value", sized("X-Empty:\r\n"), ok(200, "hi", "keep"));
  add("a tab and high bytes in a value", sized("X: a\tb\xe9\r\n"), ok(200, "hi", "keep"));
  add("identity coding", sized("Content-Encoding: Identity\r\n"), ok(200, "hi", "keep"));
  for (const char* none : {"", "none", "UTF-8", "utf8", "binary", "identity, none"})
    add("a content encoding that is not a coding", sized("Content-Encoding: " + std::string(none) + "\r\n"),
        ok(200, "hi", "keep"));
  add("brotli on an error, whose status is what counts",
      head("Content-Length: 2\r\nContent-Encoding: br\r\n", "HTTP/1.1 500 No") + "hi", ok(500, "hi", "keep"));
  add("256 fields", head(repeat("X: y\r\n", 255) + "Content-Length: 0\r\n"), ok(200, "", "keep"));
  add("connection close", sized("Connection: close\r\n"), ok(200, "hi", "close"));
  add("close within a list", sized("Connection: x, Close\r\n"), ok(200, "hi", "close"));
  add("close in a second field", sized("Connection: x\r\nConnection: close\r\n"), ok(200, "hi", "close"));
  add("keep-alive", sized("Connection: keep-alive\r\n"), ok(200, "hi", "keep"));
  add("HTTP/1.0", head("Content-Length: 2\r\n", "HTTP/1.0 200 OK") + "hi", ok(200, "hi", "close"));
  add("HTTP/1.0 that promises to keep the connection",
      head("Content-Length: 2\r\nConnection: keep-alive\r\n", "HTTP/1.0 200 OK") + "hi", ok(200, "hi", "close"));
  add("100 before the response", "HTTP/1.1 100 Continue\r\n\r\n" + sized(""), ok(200, "hi", "keep"));
  add("103 with fields before the response", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + sized(""),
      ok(200, "hi", "keep"));
  add("ten interim responses", repeat("HTTP/1.1 102 Processing\r\n\r\n", 10) + sized(""), ok(200, "hi", "keep"));

  // Complete, but the connection cannot be reused.
  add("bytes after a sized body", sized("") + "x", ok(200, "hi", "left over"));
  add("a second response", sized("") + sized(""), ok(200, "hi", "left over"));
  add("bytes after the last chunk", chunked("2\r\nhi\r\n0\r\n\r\n!"), ok(200, "hi", "left over"));
  add("a body after 204", head("Content-Length: 2\r\n", "HTTP/1.1 204 No Content") + "hi", ok(204, "", "left over"));
  add("a body after length zero", head("Content-Length: 0\r\n") + "hi", ok(200, "", "left over"));

  // Cut short.
  add("nothing at all", "", lost);
  add("half a status line", "HTTP/1.1 20", lost);
  add("half a head", "HTTP/1.1 200 OK\r\nA: b\r\n", lost);
  add("a body shorter than its length", head("Content-Length: 3\r\n") + "hi", lost);
  add("a cut within a size", chunked("2"), lost);
  add("a cut within a chunk", chunked("3\r\nhi"), lost);
  add("a cut after a chunk", chunked("2\r\nhi\r\n"), lost);
  add("a cut before the end of the trailers", chunked("2\r\nhi\r\n0\r\n"), lost);
  add("a cut within a trailer", chunked("0\r\nX: y"), lost);
  add("only an interim response", "HTTP/1.1 100 Continue\r\n\r\n", lost);

  // Two ways to read it.
  add("length then chunked", head("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", malformed);
  add("chunked then length", head("Transfer-Encoding: chunked\r\nContent-Length: 2\r\n") + "0\r\n\r\n", malformed);
  add("two lengths", head("Content-Length: 2\r\nContent-Length: 3\r\n") + "hix", malformed);
  add("two lengths in one field", head("Content-Length: 2, 2\r\n") + "hi", malformed);
  add("a length with a plus", head("Content-Length: +2\r\n") + "hi", malformed);
  add("a negative length", head("Content-Length: -2\r\n") + "hi", malformed);
  add("a hexadecimal length", head("Content-Length: 0x2\r\n") + "hi", malformed);
  add("a length with a space inside", head("Content-Length: 1 2\r\n") + "hi", malformed);
  add("an empty length", head("Content-Length:\r\n") + "hi", malformed);
  add("a length beyond 64 bits", head("Content-Length: 18446744073709551618\r\n") + "hi", malformed);
  add("a coding that only ends like chunked", head("Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n", malformed);
  add("an unknown coding", head("Transfer-Encoding: gzip\r\n") + "hi", malformed);
  add("a coding before chunked", head("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n", malformed);
  add("a coding after chunked", head("Transfer-Encoding: chunked, identity\r\n") + "0\r\n\r\n", malformed);
  add("chunked twice", head("Transfer-Encoding: chunked, chunked\r\n") + "0\r\n\r\n", malformed);
  add("chunked in two fields", chunked("0\r\n\r\n", "Transfer-Encoding: chunked\r\n"), malformed);
  add("an empty coding", head("Transfer-Encoding:\r\n") + "hi", malformed);
  add("chunked with a vertical tab", head("Transfer-Encoding: \vchunked\r\n") + "0\r\n\r\n", malformed);
  add("HTTP/1.0 with chunks", head("Transfer-Encoding: chunked\r\n", "HTTP/1.0 200 OK") + "0\r\n\r\n", malformed);
  add("204 with chunks", head("Transfer-Encoding: chunked\r\n", "HTTP/1.1 204 None") + "0\r\n\r\n", malformed);
  add("an interim response with a length", "HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\nhi" + sized(""),
      malformed);

  // Lines.
  add("bare LF after the status line", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", malformed);
  add("bare LF after a field", "HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n", malformed);
  add("bare LF at the end of the head", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\n", malformed);
  add("bare CR in a value", sized("X: a\rb\r\n"), malformed);
  add("bare CR in the reason", head("Content-Length: 0\r\n", "HTTP/1.1 200 O\rK"), malformed);
  add("two CR before LF", sized("X: a\r\r\n"), malformed);
  add("NUL in a value", sized("X: a" + nul + "b\r\n"), malformed);
  add("NUL in a name", sized("X" + nul + "Y: a\r\n"), malformed);
  add("NUL in the reason", head("Content-Length: 0\r\n", "HTTP/1.1 200 O" + nul), malformed);
  add("a control character in a value", sized("X: a\x01\r\n"), malformed);
  add("DEL in a value", sized("X: a\x7f\r\n"), malformed);
  add("a space before the colon", head("Content-Length : 2\r\n") + "hi", malformed);
  add("a tab before the colon", head("Content-Length\t: 2\r\n") + "hi", malformed);
  add("a field without a name", sized(": a\r\n"), malformed);
  add("a field without a colon", sized("nonsense\r\n"), malformed);
  add("a high byte in a name", sized("X\xe9: a\r\n"), malformed);
  add("a folded field", sized("X: a\r\n b\r\n"), malformed);
  add("a field folded with a tab", sized("X: a\r\n\tb\r\n"), malformed);
  add("white space before the first field", head(" Content-Length: 2\r\n") + "hi", malformed);

  // Status lines.
  add("no HTTP", "SSH-2.0-x\r\n\r\n", malformed);
  add("HTTP/2", "HTTP/2 200\r\n\r\n", malformed);
  add("HTTP/1.2", head("Content-Length: 0\r\n", "HTTP/1.2 200 OK"), malformed);
  add("HTTP/1.10", head("Content-Length: 0\r\n", "HTTP/1.10 200 OK"), malformed);
  add("http in lower case", head("Content-Length: 0\r\n", "http/1.1 200 OK"), malformed);
  add("an empty line first", "\r\n" + sized(""), malformed);
  add("a space first", " " + sized(""), malformed);
  add("two spaces before the status", head("Content-Length: 0\r\n", "HTTP/1.1  200 OK"), malformed);
  add("a status and half a blank", head("Content-Length: 0\r\n", "HTTP/1.1 200\t"), malformed);
  add("status of two digits", head("Content-Length: 0\r\n", "HTTP/1.1 20 OK"), malformed);
  add("status of four digits", head("Content-Length: 0\r\n", "HTTP/1.1 2000 OK"), malformed);
  add("status 099", head("Content-Length: 0\r\n", "HTTP/1.1 099 Low"), malformed);
  add("status 600", head("Content-Length: 0\r\n", "HTTP/1.1 600 High"), malformed);
  add("status with a sign", head("Content-Length: 0\r\n", "HTTP/1.1 -20 OK"), malformed);
  add("status in letters", head("Content-Length: 0\r\n", "HTTP/1.1 2OO OK"), malformed);
  add("101", head("Upgrade: x\r\nConnection: upgrade\r\n", "HTTP/1.1 101 Switching"), malformed);
  add("100 from HTTP/1.0", "HTTP/1.0 100 Continue\r\n\r\n" + sized(""), malformed);

  // Chunks.
  add("a size that is no number", chunked("x\r\n"), malformed);
  add("an empty size", chunked("\r\nhi\r\n"), malformed);
  add("an extension without a size", chunked(";a\r\n"), malformed);
  add("a size with a sign", chunked("+2\r\nhi\r\n0\r\n\r\n"), malformed);
  add("a negative size", chunked("-2\r\nhi\r\n0\r\n\r\n"), malformed);
  add("a size with 0x", chunked("0x2\r\nhi\r\n0\r\n\r\n"), malformed);
  add("a space before a size", chunked(" 2\r\nhi\r\n0\r\n\r\n"), malformed);
  add("a space after a size", chunked("2 \r\nhi\r\n0\r\n\r\n"), malformed);
  add("two sizes in a line", chunked("2 2\r\nhi\r\n0\r\n\r\n"), malformed);
  add("a size beyond 64 bits", chunked("10000000000000002\r\nhi\r\n0\r\n\r\n"), malformed);
  add("bare LF after a size", chunked("2\nhi\r\n0\r\n\r\n"), malformed);
  add("bare CR after a size", chunked("2\rhi\r\n0\r\n\r\n"), malformed);
  add("bare LF after an extension", chunked("2;a\nhi\r\n0\r\n\r\n"), malformed);
  add("bare LF after a chunk", chunked("2\r\nhi\n0\r\n\r\n"), malformed);
  add("a chunk followed by CR alone", chunked("2\r\nhi\rx0\r\n\r\n"), malformed);
  add("a chunk longer than its size", chunked("2\r\nhix\r\n0\r\n\r\n"), malformed);
  add("NUL in an extension", chunked("2;a" + nul + "\r\nhi\r\n0\r\n\r\n"), malformed);
  add("a folded trailer", chunked("0\r\nX: a\r\n b\r\n\r\n"), malformed);
  add("a trailer without a colon", chunked("0\r\nnonsense\r\n\r\n"), malformed);
  add("bare LF after a trailer", chunked("0\r\nX: a\n\r\n"), malformed);
  add("NUL in a trailer", chunked("0\r\nX: " + nul + "\r\n\r\n"), malformed);

  // Codings that were not requested.
  add("gzip", sized("Content-Encoding: gzip\r\n"), coded);
  add("a coding behind none", sized("Content-Encoding: none, br\r\n"), coded);
  add("identity and then gzip", sized("Content-Encoding: identity\r\nContent-Encoding: gzip\r\n"), coded);
  add("a chain of codings", chunked("0\r\n\r\n", "Content-Encoding: gzip, gzip, gzip\r\n"), coded);

  // Just over a limit.
  add("257 fields", head(repeat("X: y\r\n", 256) + "Content-Length: 0\r\n"), large);
  add("eleven interim responses", repeat("HTTP/1.1 102 Processing\r\n\r\n", 11) + sized(""), large);
  add("a body that announces more than the limit", head("Content-Length: 67108865\r\n"), large);
  return t;
}

// Those too long to be cut at every split.
inline std::vector<response_case> floods() {
  using weir::errc;
  const auto malformed = bad(errc::malformed_response);
  const auto large = bad(errc::response_too_large);
  std::vector<response_case> t;
  const auto add = [&t](const char* name, std::string bytes, std::string verdict) {
    t.emplace_back(name, std::move(bytes), std::move(verdict));
  };
  add("a field of 4 MiB", head("X: " + std::string(4u << 20, 'a') + "\r\n"), large);
  add("a reason of 4 MiB", head("", "HTTP/1.1 200 " + std::string(4u << 20, 'a')), large);
  add("700 fields", head(repeat("X: y\r\n", 700)), large);
  add("fields of 4 MiB without end", "HTTP/1.1 200 OK\r\n" + repeat("X: y\r\n", 700000), large);
  add("50 interim responses", repeat("HTTP/1.1 100 Continue\r\n\r\n", 50) + sized(""), large);
  add("interim responses of 60 KiB",
      repeat("HTTP/1.1 103 Hints\r\nX: " + std::string(60u << 10, 'a') + "\r\n\r\n", 9) + sized(""), large);
  add("a size of 4 MiB of zeros", chunked(std::string(4u << 20, '0') + "2\r\nhi\r\n0\r\n\r\n"), malformed);
  add("an extension of 4 MiB", chunked("2;" + std::string(4u << 20, 'a') + "\r\nhi\r\n0\r\n\r\n"), large);
  add("an extension of spaces", chunked("2" + std::string(4u << 20, ' ') + ";a\r\nhi\r\n0\r\n\r\n"), large);
  add("a 3 KiB extension on every byte", chunked(repeat("1;" + std::string(3u << 10, 'a') + "\r\nx\r\n", 2000)), large);
  add("leading zeros on every byte", chunked(repeat("00000000000001\r\nx\r\n", 20000)), large);
  add("200000 trailers", chunked("0\r\n" + repeat("X: y\r\n", 200000) + "\r\n"), large);
  add("one trailer of 4 MiB", chunked("0\r\nX: " + std::string(4u << 20, 'a') + "\r\n\r\n"), large);
  return t;
}

} // namespace response_cases
