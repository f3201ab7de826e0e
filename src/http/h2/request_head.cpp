#include <algorithm>

#include "http/h2/request_head.hpp"
#include "http/message/grammar.hpp"
#include "http/message/writer.hpp"

namespace weir::inline v0::http::h2 {

namespace {

// Calls `put(name, secret, parts…)` for each field in turn.
template <class Put>
void all_fields(const request& r, std::string_view authority, std::string_view length, Put put) {
  put(":method", false, std::string_view(r.method));
  put(":scheme", false, std::string_view(r.to.scheme()));
  put(":authority", false, authority);
  put(":path", false, std::string_view(r.target));
  each_field(r, length, [&](std::string_view name, auto... parts) {
    put(name, names_key(name) || (r.auth && equal_names(name, r.auth->header)), std::string_view(parts)...);
  });
}

} // namespace

request_head::request_head(const request& r) {
  check(r);
  const auto authority = r.to.authority();
  const auto length = std::to_string(r.body.size());
  std::size_t size = 0, count = 0;
  all_fields(r, authority, length, [&](std::string_view name, bool, auto... parts) {
    size += (name.size() + ... + parts.size());
    ++count;
  });
  // Never grows: that would leave copies of a key behind, and move what the fields show.
  text_.reserve(size);
  fields_.reserve(count);
  all_fields(r, authority, length, [this](std::string_view name, bool secret, auto... parts) {
    const auto at = text_.size();
    text_ += name;
    std::transform(text_.begin() + static_cast<std::ptrdiff_t>(at), text_.end(),
                   text_.begin() + static_cast<std::ptrdiff_t>(at), lower);
    const auto value_at = text_.size();
    ((text_ += parts), ...);
    const std::string_view all(text_);
    add(all.substr(at, value_at - at), all.substr(value_at), secret);
  });
}

request_head::~request_head() { cleanse(text_.data(), text_.size()); }

void request_head::add(std::string_view name, std::string_view value, bool secret) {
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())); // the library does not write to it
  };
  nghttp2_nv one;
  one.name = bytes(name);
  one.namelen = name.size();
  one.value = bytes(value);
  one.valuelen = value.size();
  one.flags = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
  if (secret)
    one.flags |= NGHTTP2_NV_FLAG_NO_INDEX;
  fields_.push_back(one);
}

} // namespace weir::inline v0::http::h2
