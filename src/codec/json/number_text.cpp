#include "codec/json/number_text.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <boost/json/basic_parser_impl.hpp>

namespace weir::inline v0::codec {

namespace {

constexpr std::size_t most_values = std::size_t{1} << 24;
constexpr std::size_t most_text = std::size_t{1} << 31;

} // namespace

// A member's key is a node of its own, a string, before the value's.
class text_document::builder {
public:
  static constexpr std::size_t max_object_size = most_values;
  static constexpr std::size_t max_array_size = most_values;
  static constexpr std::size_t max_key_size = most_text;
  static constexpr std::size_t max_string_size = most_text;

  explicit builder(text_document& to) : to_(to) {}
  std::string_view reason() const noexcept { return reason_; }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_array_begin(error_code& ec) { return open(text_value::kind::array, ec); }
  bool on_array_end(std::size_t n, error_code&) {
    close(n);
    return true;
  }
  bool on_object_begin(error_code& ec) { return open(text_value::kind::object, ec); }
  bool on_object_end(std::size_t n, error_code& ec) { return unique_keys(close(n)) || fail("a duplicate key", ec); }
  bool on_string_part(json::string_view s, std::size_t, error_code&) { return part(s); }
  bool on_string(json::string_view s, std::size_t, error_code& ec) {
    part(s);
    return leaf(text_value::kind::string, ec);
  }
  bool on_key_part(json::string_view s, std::size_t, error_code&) { return part(s); }
  bool on_key(json::string_view s, std::size_t, error_code& ec) {
    part(s);
    if (!leaf(text_value::kind::string, ec))
      return false;
    keyed_ = true;
    return true;
  }
  bool on_number_part(json::string_view s, error_code&) { return part(s); }
  bool on_int64(std::int64_t, json::string_view s, error_code& ec) { return number(s, ec); }
  bool on_uint64(std::uint64_t, json::string_view s, error_code& ec) { return number(s, ec); }
  bool on_double(double, json::string_view s, error_code& ec) { return number(s, ec); }
  bool on_bool(bool b, error_code& ec) {
    part(b ? "true" : "false");
    return leaf(text_value::kind::boolean, ec);
  }
  bool on_null(error_code& ec) { return leaf(text_value::kind::null, ec); }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

private:
  bool part(json::string_view s) {
    to_.text_.append(s.data(), s.size());
    return true;
  }
  bool number(json::string_view s, error_code& ec) {
    part(s);
    return leaf(text_value::kind::number, ec);
  }
  bool leaf(text_value::kind k, error_code& ec) {
    if (!add(k, ec))
      return false;
    auto& n = to_.nodes_.back();
    n.begin = text_begin_;
    n.length = static_cast<std::uint32_t>(to_.text_.size()) - text_begin_;
    n.next = static_cast<std::uint32_t>(to_.nodes_.size());
    text_begin_ = static_cast<std::uint32_t>(to_.text_.size());
    return true;
  }
  bool open(text_value::kind k, error_code& ec) {
    open_.push_back(static_cast<std::uint32_t>(to_.nodes_.size()));
    return add(k, ec);
  }
  // Where it is.
  std::uint32_t close(std::size_t n) {
    const auto at = open_.back();
    auto& node = to_.nodes_[at];
    node.length = static_cast<std::uint32_t>(n);
    node.next = static_cast<std::uint32_t>(to_.nodes_.size());
    open_.pop_back();
    return at;
  }
  bool unique_keys(std::uint32_t object) {
    keys_.clear();
    for (const auto member : text_value(to_, object))
      keys_.push_back(member.key());
    std::sort(keys_.begin(), keys_.end());
    return std::adjacent_find(keys_.begin(), keys_.end()) == keys_.end();
  }
  bool fail(std::string_view reason, error_code& ec) {
    reason_ = reason;
    ec = make_error_code(errc::malformed_response);
    return false;
  }
  bool add(text_value::kind k, error_code& ec) {
    if (to_.nodes_.size() >= most_values)
      return fail("more values than can be read", ec);
    auto& n = to_.nodes_.emplace_back();
    n.type = k;
    n.keyed = std::exchange(keyed_, false);
    return true;
  }

  text_document& to_;
  std::vector<std::uint32_t> open_;
  std::vector<std::string_view> keys_;
  std::uint32_t text_begin_ = 0;
  bool keyed_ = false;
  std::string_view reason_;
};

text_document::text_document(std::string_view text, error_code& ec, json_problem& problem) {
  ec = {};
  const auto fail = [&](std::string reason, std::size_t offset) {
    ec = make_error_code(errc::malformed_response);
    problem.reason = std::move(reason);
    problem.offset = offset;
    nodes_.assign(1, node());
    text_.clear();
  };
  if (text.size() >= most_text) {
    fail("the text is too long", 0);
    return;
  }
  json::parse_options options;
  options.max_depth = max_json_depth;
  json::basic_parser<builder> parser(options, *this);
  error_code syntax;
  const auto used = parser.write_some(false, text.data(), text.size(), syntax);
  if (syntax) {
    const auto reason = parser.handler().reason();
    fail(reason.empty() ? syntax.message() : std::string(reason), used);
  } else if (used < text.size()) {
    fail("something after the value", used);
  }
}

text_value::kind text_value::type() const noexcept { return in_->nodes_[at_].type; }

std::string_view text_value::text() const noexcept {
  const auto& n = in_->nodes_[at_];
  return n.type == kind::array || n.type == kind::object ? std::string_view() : in_->text_of(n);
}

std::size_t text_value::size() const noexcept {
  const auto& n = in_->nodes_[at_];
  return n.type == kind::array || n.type == kind::object ? n.length : 0;
}

text_value::iterator text_value::begin() const noexcept {
  if (size() == 0)
    return end();
  return iterator({*in_, at_ + (is(kind::object) ? 2u : 1u)});
}

text_value::iterator text_value::end() const noexcept {
  // An iterator over members is one node ahead of their keys.
  const auto next = in_->nodes_[at_].next;
  return iterator({*in_, is(kind::object) ? next + 1 : next});
}

std::string_view text_value::key() const noexcept {
  return in_->nodes_[at_].keyed ? in_->text_of(in_->nodes_[at_ - 1]) : std::string_view();
}

text_value::member text_value::find(std::string_view key) const noexcept {
  if (is(kind::object))
    for (const auto value : *this)
      if (value.key() == key)
        return {value, !value.is(kind::null)};
  return {*this, false};
}

text_value::iterator& text_value::iterator::operator++() noexcept {
  const auto& n = at_.in_->nodes_[at_.at_];
  at_.at_ = n.next + (n.keyed ? 1 : 0);
  return *this;
}

} // namespace weir::inline v0::codec
