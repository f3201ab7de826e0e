#include "codec/json/node.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace weir::inline v0::codec {

double node::get_double() const noexcept {
  if (size_ == 0)
    return value_.real;
  double exact = 0;
  std::from_chars(value_.text, value_.text + size_, exact);
  return exact;
}

void document::grow() {
  auto larger = std::make_unique<node[]>(2 * capacity_);
  std::copy_n(nodes_, size_, larger.get());
  more_nodes_ = std::move(larger);
  nodes_ = more_nodes_.get();
  capacity_ *= 2;
}

void document::read(std::string_view text, error_code& ec, bool& mended) {
  ec = {};
  mended = false;
  if (parse(text))
    return;
  tree_ = parse_answer(text, ec, mended);
  assign(tree_);
}

void document::assign(const json::value& v) {
  size_ = 0;
  append(v);
}

void document::append(const json::value& v) {
  const auto first = size_;
  switch (v.kind()) {
  case json::kind::null: push(json::kind::null, 0); break;
  case json::kind::bool_: push(json::kind::bool_, 0).value_.flag = v.get_bool(); break;
  case json::kind::int64: push(json::kind::int64, 0).value_.integer = v.get_int64(); break;
  case json::kind::uint64: push(json::kind::uint64, 0).value_.whole = v.get_uint64(); break;
  case json::kind::double_: push(json::kind::double_, 0).value_.real = v.get_double(); break;
  case json::kind::string:
    push(json::kind::string, static_cast<std::uint32_t>(v.get_string().size())).value_.text = v.get_string().data();
    break;
  case json::kind::array:
    push(json::kind::array, 0);
    for (const auto& element : v.get_array())
      append(element);
    close(first, static_cast<std::uint32_t>(v.get_array().size()));
    break;
  case json::kind::object:
    push(json::kind::object, 0);
    for (const auto& member : v.get_object()) {
      push(json::kind::string, static_cast<std::uint32_t>(member.key().size())).value_.text = member.key().data();
      append(member.value());
    }
    close(first, static_cast<std::uint32_t>(v.get_object().size()));
    break;
  }
}

json::value to_value(const node& v) {
  switch (v.kind()) {
  case json::kind::null: break;
  case json::kind::bool_: return v.get_bool();
  case json::kind::int64: return v.get_int64();
  case json::kind::uint64: return v.get_uint64();
  case json::kind::double_: return v.get_double();
  case json::kind::string: return json::value(v.get_string());
  case json::kind::array: {
    json::array all;
    all.reserve(v.size());
    for (const auto& element : v.elements())
      all.push_back(to_value(element));
    return all;
  }
  case json::kind::object: {
    json::object all(v.size());
    for (const auto member : v.members())
      all.emplace(member.key(), to_value(member.value()));
    return all;
  }
  }
  return nullptr;
}

std::string to_text(const node& v) { return to_text(to_value(v)); }

} // namespace weir::inline v0::codec
