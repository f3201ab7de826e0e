// Routes, responses and a chat for tests of the batch dialects.
#pragma once

#include <memory>
#include <string>

#include "batch/provider/dialect.hpp"

namespace weir::inline v0::test {

namespace vb = vendor_batch;

/// The dialect of a vendor, or of a server at a URL.
inline std::unique_ptr<vb::dialect> dialect_at(const std::string& vendor, const std::string& url = {},
                                               std::string_view api = {}, std::string account = {}) {
  provider::target t;
  t.provider = vendor;
  t.base_url = url;
  t.model = "model-1";
  t.key = secret("sk-0123456789abcdef");
  return vb::make_dialect(provider::resolve(provider::task::chat, t), api, std::move(account));
}

inline chat hello() { return chat().user("Hello \"you\"\nthere").max_tokens(16); }

inline vb::response body(std::string text) {
  vb::response r;
  r.body = std::move(text);
  return r;
}

inline vb::submission two_lines(const vb::dialect& d) {
  vb::submission s;
  s.nonce = "weir-tag-1";
  s.sha256 = std::string(64, 'e');
  s.content = d.line(hello(), "tag-0") + "\n" + d.line(hello(), "tag-1") + "\n";
  s.lines = 2;
  s.file = "file-7";
  return s;
}

} // namespace weir::inline v0::test
