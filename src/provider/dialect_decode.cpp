#include "provider/dialect_decode.hpp"

namespace weir::provider {

namespace json = codec::json;

namespace {

// It bounds what a hostile stream can make a caller keep.
constexpr std::uint32_t max_calls = 1024;

bool is_done_mark(std::string_view data) noexcept {
  const auto first = data.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && data.substr(first).starts_with("[DONE]");
}

} // namespace

void object_decoder::on_event(const codec::sse_event& frame, std::vector<event>& out) {
  if (done_ || failed_ || is_done_mark(frame.data))
    return;
  unsigned char memory[8192];
  json::monotonic_resource resource(memory, sizeof memory);
  error_code ec;
  const auto parsed = codec::parse_json(frame.data, ec, &resource);
  if (ec || !parsed.is_object()) {
    // Behind a finished answer it is junk; before, a piece is lost.
    if (!whole())
      failed_ = failure(errc::malformed_event, "an event of the stream is not a JSON object");
    return;
  }
  if (frame.type == "error" || codec::string_at(parsed, "type") == "error" || is_error(parsed.get_object()))
    fail(read_error(parsed));
  else
    read_event(parsed, out);
}

void object_decoder::on_body(std::string_view body, std::vector<event>& out) {
  if (done_ || failed_)
    return;
  error_code ec;
  const auto parsed = codec::parse_json(body, ec);
  if (ec || !parsed.is_object()) {
    failed_ = failure(errc::unexpected_content, "the answer is not a JSON object: check that the URL is an inference API");
    return;
  }
  if (is_error(parsed.get_object()) || !read_answer(parsed, out))
    fail(read_error(parsed));
  else
    done_ = !failed_;
}

outcome object_decoder::result() const noexcept {
  if (failed_)
    return failed_.code() == errc::malformed_event ? outcome::truncated : outcome::in_band_error;
  return whole() ? outcome_ : outcome::truncated;
}

void object_decoder::say(event::kind k, std::string_view text, std::vector<event>& out) {
  if (text.empty())
    return;
  out.emplace_back(k, std::string(text));
  tokens_seen_ = true;
}

void object_decoder::say(event::kind k, const json::value& v, std::string_view key, std::vector<event>& out) {
  say(k, codec::string_at(v, key).value_or(""), out);
}

std::uint32_t object_decoder::begin_call(std::string id, std::string_view name, std::string arguments,
                                         std::vector<event>& out) {
  if (calls_ == max_calls) {
    failed_ = failure(errc::malformed_event, "the answer has over 1024 tool calls");
    return 0;
  }
  event::details more;
  more.tool_index = calls_;
  more.tool_id = std::move(id);
  more.tool_name = name;
  out.emplace_back(event::kind::tool_call, std::move(arguments), 0,
                   std::make_shared<const event::details>(std::move(more)));
  tokens_seen_ = true;
  return calls_++;
}

void object_decoder::more_of_call(std::uint32_t at, std::string_view arguments, std::vector<event>& out) {
  if (arguments.empty())
    return;
  event::details more;
  more.tool_index = at;
  out.emplace_back(event::kind::tool_call, std::string(arguments), 0,
                   std::make_shared<const event::details>(std::move(more)));
}

void object_decoder::finish(std::string_view reason, outcome meant, std::vector<event>& out) {
  if (meant == outcome::filtered || outcome_ == outcome::complete)
    outcome_ = meant;
  event::details more;
  more.finish_reason = reason;
  out.emplace_back(event::kind::finish, std::string(), 0, std::make_shared<const event::details>(std::move(more)));
}

void object_decoder::report(const usage& counts, std::vector<event>& out) {
  if (counts.empty() || counts == reported_)
    return;
  reported_ = counts;
  event::details more;
  more.usage = counts;
  out.emplace_back(event::kind::usage, std::string(), 0, std::make_shared<const event::details>(std::move(more)));
}

void keep_first(std::string& kept, const json::value& v, std::string_view key) {
  if (kept.empty())
    kept = codec::string_at(v, key).value_or("");
}

std::optional<std::uint64_t> sum_of(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b) noexcept {
  return a && b ? std::optional(*a + *b) : a ? a : b;
}

void put_total(usage& u) noexcept {
  if (!u.total_tokens && u.prompt_tokens && u.completion_tokens)
    u.total_tokens = *u.prompt_tokens + *u.completion_tokens;
}

} // namespace weir::provider
