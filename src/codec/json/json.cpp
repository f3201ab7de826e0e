#include "codec/json/json.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include "codec/json/json_mend.hpp"

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

} // namespace weir::inline v0::codec
