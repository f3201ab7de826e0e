#include "codec/json/json.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include "codec/json/json_mend.hpp"
#include "codec/text/surrogates.hpp"
#include "codec/text/utf8.hpp"
#include "core/ascii.hpp"

namespace weir::inline v0::codec {

namespace {

// Builds the value as Boost's own handler does, but from the text of each number: the parser
// of 1.81 is off by one in the last place now and then, and reads 1e400 as infinity.
class value_builder {
public:
  // The parser asks for these; parse() refuses texts that could exceed one of them.
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  explicit value_builder(json::storage_ptr storage) : stack_(json::storage_ptr(), scratch_, sizeof scratch_) {
    stack_.reset(std::move(storage));
  }

  json::value release() noexcept { return stack_.release(); }
  std::size_t members() const noexcept { return members_; }
  std::string_view reason() const noexcept { return reason_; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t n, error_code&) {
    stack_.push_array(n);
    return true;
  }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t n, error_code&) {
    stack_.push_object(n);
    members_ += n;
    return true;
  }
  bool on_string_part(json::string_view s, std::size_t, error_code&) {
    stack_.push_chars(s);
    return true;
  }
  bool on_string(json::string_view s, std::size_t, error_code&) {
    stack_.push_string(s);
    return true;
  }
  bool on_key_part(json::string_view s, std::size_t, error_code&) {
    stack_.push_chars(s);
    return true;
  }
  bool on_key(json::string_view s, std::size_t, error_code&) {
    stack_.push_key(s);
    return true;
  }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t i, json::string_view text, error_code&) {
    if (i == 0 && text.front() == '-')
      stack_.push_double(-0.0);
    else
      stack_.push_int64(i);
    return true;
  }
  bool on_uint64(std::uint64_t u, json::string_view, error_code&) {
    stack_.push_uint64(u);
    return true;
  }
  bool on_double(double roughly, json::string_view text, error_code& ec) {
    double exact = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), exact);
    // Libraries differ: some report an underflow to 0 like an overflow, some report neither.
    if (r.ec == std::errc::result_out_of_range && std::abs(roughly) < 1) {
      exact = std::copysign(0.0, roughly);
    } else if (r.ec != std::errc() || !std::isfinite(exact)) {
      reason_ = "a number out of range";
      ec = make_error_code(errc::malformed_response);
      return false;
    }
    stack_.push_double(exact);
    return true;
  }
  bool on_bool(bool b, error_code&) {
    stack_.push_bool(b);
    return true;
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

private:
  unsigned char scratch_[4096];
  json::value_stack stack_;
  std::size_t members_ = 0;
  std::string_view reason_;
};

std::size_t members_of(const json::value& v) noexcept {
  std::size_t n = 0;
  if (const auto* o = v.if_object()) {
    n = o->size();
    for (const auto& member : *o)
      if (member.value().is_structured())
        n += members_of(member.value());
  } else if (const auto* a = v.if_array()) {
    for (const auto& element : *a)
      if (element.is_structured())
        n += members_of(element);
  }
  return n;
}

enum class rigour { strict, tolerant };

json::value parse(std::string_view text, error_code& ec, json::storage_ptr storage, json_problem* problem,
                  rigour how = rigour::strict) {
  const auto failed = [&](auto&& reason, std::size_t offset) {
    ec = make_error_code(errc::malformed_response);
    if (problem) {
      problem->reason = reason;
      problem->offset = offset;
    }
    return json::value();
  };
  ec = {};
  if (text.size() > json::string::max_size())
    return failed("the text is too long", 0);

  json::parse_options options;
  options.max_depth = max_json_depth;
  options.allow_invalid_utf8 = how == rigour::tolerant; // mend_json() leaves lone surrogates, and nothing else
  json::basic_parser<value_builder> parser(options, std::move(storage));
  error_code syntax;
  const auto used = parser.write_some(false, text.data(), text.size(), syntax);
  if (syntax) {
    const auto reason = parser.handler().reason();
    return failed(reason.empty() ? syntax.message() : std::string(reason), used);
  }
  if (used < text.size())
    return failed("something after the value", used);
  // An object keeps the last of duplicate keys: each of them makes the tree smaller than the text was.
  auto value = parser.handler().release();
  if (how == rigour::strict && members_of(value) != parser.handler().members())
    return failed("a duplicate key", text.size());
  return value;
}

void append_valid(std::string& out, std::string_view s) {
  if (has_surrogate(s))
    append_repaired(out, settle_surrogates(s));
  else
    append_repaired(out, s);
}

void write_string(std::string& out, std::string_view s) {
  out.push_back('"');
  std::size_t done = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto c = static_cast<unsigned char>(s[i]);
    if (c >= 0x20 && c != '"' && c != '\\')
      continue;
    append_valid(out, s.substr(done, i - done));
    done = i + 1;
    out.push_back('\\');
    switch (c) {
    case '"':
    case '\\': out.push_back(static_cast<char>(c)); break;
    case '\b': out.push_back('b'); break;
    case '\f': out.push_back('f'); break;
    case '\n': out.push_back('n'); break;
    case '\r': out.push_back('r'); break;
    case '\t': out.push_back('t'); break;
    default: append_hex(out.append("u00"), c);
    }
  }
  append_valid(out, s.substr(done));
  out.push_back('"');
}

template <class Number>
std::string_view write_number(std::string& out, Number n) {
  char text[32];
  const auto r = std::to_chars(text, text + sizeof text, n);
  const auto from = out.size();
  out.append(text, r.ptr);
  return std::string_view(out).substr(from);
}

void write(std::string& out, const json::value& v) {
  switch (v.kind()) {
  case json::kind::null: out.append("null"); break;
  case json::kind::bool_: out.append(v.get_bool() ? "true" : "false"); break;
  case json::kind::int64: write_number(out, v.get_int64()); break;
  case json::kind::uint64: write_number(out, v.get_uint64()); break;
  case json::kind::double_:
    if (!std::isfinite(v.get_double()))
      out.append("null");
    else if (write_number(out, v.get_double()).find_first_of(".e") == std::string_view::npos)
      out.append(".0");
    break;
  case json::kind::string: write_string(out, v.get_string()); break;
  case json::kind::array: {
    char before = '[';
    for (const auto& element : v.get_array()) {
      out.push_back(before);
      write(out, element);
      before = ',';
    }
    out.append(before == '[' ? "[]" : "]");
    break;
  }
  case json::kind::object: {
    char before = '{';
    for (const auto& member : v.get_object()) {
      out.push_back(before);
      write_string(out, member.key());
      out.push_back(':');
      write(out, member.value());
      before = ',';
    }
    out.append(before == '{' ? "{}" : "}");
    break;
  }
  }
}

} // namespace

json::value parse_json(std::string_view text, error_code& ec, json::storage_ptr storage) {
  return parse(text, ec, std::move(storage), nullptr);
}

json::value parse_json(std::string_view text, error_code& ec, json_problem& problem) {
  return parse(text, ec, {}, &problem);
}

json::value parse_answer(std::string_view text, error_code& ec, bool& mended, json::storage_ptr storage) {
  auto value = parse(text, ec, storage, nullptr);
  mended = ec && text.size() <= json::string::max_size();
  if (mended)
    value = parse(mend_json(text, lone_surrogates::keep), ec, std::move(storage), nullptr, rigour::tolerant);
  return value;
}

json::value parse_answer(std::string_view text, error_code& ec) {
  auto value = parse(text, ec, {}, nullptr);
  if (ec && text.size() <= json::string::max_size())
    value = parse(mend_json(text, lone_surrogates::replace), ec, {}, nullptr, rigour::tolerant);
  return value;
}

json::value parse_argument(std::string_view text, std::string_view what) {
  error_code ec;
  json_problem problem;
  auto value = parse(text, ec, {}, &problem);
  if (ec)
    throw error(errc::invalid_argument, std::string(what) + " is not JSON that can be sent: " + problem.reason +
                                            " (byte " + std::to_string(problem.offset) + ")");
  return value;
}

std::string to_text(const json::value& v) {
  std::string out;
  write(out, v);
  return out;
}

} // namespace weir::inline v0::codec
