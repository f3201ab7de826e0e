// Inputs with a row a line: JSON and plain text.
#include <cstdio>

#include <weir/core/error.hpp>

#include "batch/input/line_buffer.hpp"
#include "batch/input/row_decoder.hpp"
#include "codec/text/utf8.hpp"

namespace weir::inline v0::input {

namespace {

namespace json = codec::json;

constexpr std::string_view blanks = " \t\r\n\v\f";

row broken(std::string why, std::uint64_t line) {
  row r;
  r.line = line;
  r.problem = std::move(why);
  return r;
}

std::string too_long(std::size_t limit) { return "the line is longer than " + std::to_string(limit) + " bytes"; }

class line_rows : public row_decoder {
public:
  explicit line_rows(const decoder_options& o) : limit_(o.max_line), name_(o.name), lines_(o.max_line) {}
  void feed(std::string_view bytes) override { lines_.feed(bytes); }
  void finish() override { lines_.finish(); }
  std::optional<row> next() override {
    for (;;) {
      const auto l = lines_.next();
      if (!l)
        return std::nullopt;
      if (l->too_long)
        return broken(too_long(limit_), l->number);
      if (l->text.find_first_not_of(blanks) != l->text.npos)
        return read(*l);
    }
  }

protected:
  virtual row read(const line& l) = 0;
  std::size_t limit_;
  std::string name_;

private:
  line_buffer lines_;
};

class jsonl_decoder : public line_rows {
public:
  using line_rows::line_rows;

private:
  row read(const line& l) override {
    auto r = json_row(l.text, l.number);
    const auto inner = l.text.substr(l.text.find_first_not_of(blanks));
    if (first_ && !r.problem.empty() && inner.find_last_not_of(blanks) == 0 && inner.front() == '{')
      throw error(errc::invalid_argument, name_ +
                                              " has an object over several lines: write each in one line, for example "
                                              "with jq -c . " +
                                              name_);
    first_ = false;
    return r;
  }
  bool first_ = true;
};

class text_decoder : public line_rows {
public:
  using line_rows::line_rows;

private:
  row read(const line& l) override {
    if (auto why = problem_of_text(l.text); !why.empty())
      return broken(std::move(why), l.number);
    row r;
    r.line = l.number;
    r.plain = true;
    r.members["text"] = l.text;
    return r;
  }
};

} // namespace

row json_row(std::string_view text, std::uint64_t line) {
  if (auto why = problem_of_text(text); !why.empty())
    return broken(std::move(why), line);
  error_code ec;
  codec::json_problem problem;
  auto v = codec::parse_json(text, ec, problem);
  if (ec)
    return broken("not JSON: " + problem.reason + " at column " + std::to_string(problem.offset + 1), line);
  row r;
  r.line = line;
  if (auto* o = v.if_object()) {
    r.members = std::move(*o);
  } else if (v.is_string()) {
    r.plain = true;
    r.members["text"] = std::move(v);
  } else {
    r.problem = "a JSON value that is neither an object nor a text";
  }
  return r;
}

std::string problem_of_text(std::string_view bytes) {
  if (const auto at = codec::valid_utf8_prefix(bytes); at != bytes.size()) {
    char hex[8];
    std::snprintf(hex, sizeof hex, "0x%02X", static_cast<unsigned char>(bytes[at]));
    return "not UTF-8: byte " + std::string(hex) + " at column " + std::to_string(at + 1);
  }
  if (const auto at = bytes.find('\0'); at != bytes.npos)
    return "a zero byte at column " + std::to_string(at + 1);
  return {};
}

std::unique_ptr<row_decoder> jsonl_rows(const decoder_options& o) { return std::make_unique<jsonl_decoder>(o); }
std::unique_ptr<row_decoder> text_rows(const decoder_options& o) { return std::make_unique<text_decoder>(o); }

} // namespace weir::inline v0::input
