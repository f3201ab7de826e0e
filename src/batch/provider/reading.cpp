#include "batch/provider/reading.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "codec/framing/multipart.hpp"
#include "core/time/wait_hint.hpp"
#include "provider/response/error_words.hpp"
#include "provider/response/errors.hpp"

namespace weir::inline v0::vendor_batch {

namespace {

[[noreturn]] void unreadable(std::string_view what) {
  throw error(errc::malformed_response, "the provider's batch API sent " + std::string(what) + " that cannot be read");
}

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

} // namespace

json::value read_object(std::string_view body, std::string_view what) {
  error_code ec;
  auto v = codec::parse_answer(body, ec);
  if (ec || !v.is_object())
    unreadable(what);
  const auto* wrong = codec::find(v, "error");
  if (wrong && !codec::find(v, "id") && !codec::find(v, "name") && !codec::find(v, "data")) {
    const auto said = provider::read_error(v);
    auto code = provider::classify(said.status, said);
    const auto words = lowered(said.message + ' ' + said.code);
    for (const std::string_view gone : {"not found", "not_found", "no such", "not exist"})
      if (words.find(gone) != std::string::npos)
        code = errc::not_found;
    throw error(failure(code, "the provider answered with an error in place of " + std::string(what))
                    .status(code == errc::not_found ? 404 : said.status)
                    .remote(provider::sanitize(said.message))
                    .remote_code(provider::sanitize(said.code, 128)));
  }
  return v;
}

std::string text_at(const json::value& v, std::string_view key) {
  if (const auto text = codec::string_at(v, key))
    return std::string(*text);
  if (const auto number = codec::int_at(v, key))
    return std::to_string(*number);
  return {};
}

std::optional<std::uint64_t> count_at(const json::value& v, std::string_view key) {
  if (const auto number = codec::uint_at(v, key))
    return number;
  const auto text = codec::string_at(v, key);
  std::uint64_t n = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), n).ptr != text->data() + text->size())
    return std::nullopt;
  return n;
}

std::int64_t time_at(const json::value& v, std::string_view key) {
  if (const auto number = codec::number_at(v, key); number && *number > 0 && *number < 1e15)
    return static_cast<std::int64_t>(*number > 1e11 ? *number / 1000 : *number);
  if (const auto text = codec::string_at(v, key))
    if (const auto when = parse_rfc3339(*text))
      return std::chrono::duration_cast<std::chrono::seconds>(when->time_since_epoch()).count();
  return 0;
}

std::string words_at(const json::value& v, std::string_view key) {
  const auto* found = codec::find(v, key);
  if (!found)
    return {};
  if (found->is_string())
    return provider::sanitize(std::string_view(found->as_string()), 1024);
  return provider::sanitize(provider::words_of_error(*found), 1024);
}

batch_state read_state(std::string_view given) {
  auto word = lowered(given);
  for (const std::string_view prefix : {"batch_state_", "job_state_"})
    if (word.starts_with(prefix))
      word.erase(0, prefix.size());
  const auto is = [&word](std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), word) != names.end();
  };
  if (is({"completed", "succeeded", "success", "ended", "partially_succeeded", "early_stopped"}))
    return batch_state::completed;
  if (is({"failed"}))
    return batch_state::failed;
  if (is({"expired", "timeout_exceeded"}))
    return batch_state::expired;
  if (is({"cancelled", "canceled", "deleted"}))
    return batch_state::cancelled;
  if (is({"validating", "queued", "pending", "creating", "creating_input_dataset", "unspecified"}))
    return batch_state::validating;
  if (is({"finalizing", "writing_results", "cancelling", "canceling", "cancellation_requested"}))
    return batch_state::finalizing;
  return batch_state::running;
}

void put_form(http::request& r, std::initializer_list<std::pair<std::string_view, std::string_view>> fields,
              std::string_view file_name, const submission& s) {
  codec::form_data form(std::size_t{2} << 30);
  for (const auto& [name, value] : fields)
    form.add(name, value);
  form.add_file("file", file_name, "application/jsonl", s.content);
  auto boundary = "weir-" + s.sha256.substr(0, 40);
  for (int more = 0; form.clashes(boundary); ++more)
    boundary += static_cast<char>('a' + more % 26);
  r.headers.set("content-type", codec::form_data::content_type(boundary));
  r.body = form.body(boundary);
}

bool is_not_run(std::string_view code) noexcept {
  for (const std::string_view word :
       {"batch_expired", "batch_cancelled", "batch_canceled", "expired", "cancelled", "canceled", "timeout_exceeded"})
    if (code == word)
      return true;
  return false;
}

failure line_failure(const provider::route& to, int status, const json::value& said) {
  // The code of an error object may be the status.
  if (const auto code = codec::int_at(said, "code"); status == 0 && code && *code >= 400 && *code < 600)
    status = static_cast<int>(*code);
  if (status >= 400) {
    http::response_head head;
    head.status = status;
    auto why = provider::failure_of_response(to, head, codec::to_text(said));
    return provider::without_key(std::move(why), to);
  }
  const auto e = provider::read_error(said);
  auto code = provider::classify(e.status, e);
  // A line's error is the provider's whole verdict: nothing of an answer has come before it.
  if (code == errc::in_band_error && (e.code == "provider_error" || e.code == "server_error" || e.code == "api_error"))
    code = errc::server_error;
  failure why(code, "the provider could not answer this line of the batch");
  why.status(e.status).remote(provider::sanitize(e.message)).remote_code(provider::sanitize(e.code, 128));
  return provider::without_key(std::move(why), to);
}

line_result read_openai_line(const provider::route& to, std::string_view text) {
  error_code ec;
  const auto v = codec::parse_answer(text, ec);
  if (ec || !v.is_object())
    unreadable("a line of results");
  line_result r;
  r.custom_id = text_at(v, "custom_id");
  const auto* given = codec::find(v, "response");
  const auto* wrong = codec::find(v, "error");
  if (given) {
    r.status = static_cast<int>(codec::int_at(*given, "status_code").value_or(0));
    r.request_id = provider::sanitize(text_at(*given, "request_id"), 128);
    // Some leave the envelope out.
    const auto* body = codec::find(*given, "body");
    const bool bare = !body && !codec::find(*given, "status_code");
    if (r.status >= 400) {
      r.what = line_result::kind::failed;
      r.why = line_failure(to, r.status, body ? *body : *given);
      return r;
    }
    if ((body || bare) && !wrong) {
      // A body as a string of JSON, as some gateways have it.
      const auto& is = body ? *body : *given;
      r.body = is.is_string() ? std::string(is.as_string()) : codec::to_text(is);
      r.what = line_result::kind::answered;
      return r;
    }
  }
  if (!wrong) {
    r.what = line_result::kind::failed;
    r.why = failure(errc::unexpected_content, "the line of the batch's results has neither an answer nor an error");
    return r;
  }
  if (is_not_run(text_at(*wrong, "code")) || is_not_run(text_at(*wrong, "type"))) {
    r.what = line_result::kind::not_run;
    return r;
  }
  r.what = line_result::kind::failed;
  r.why = line_failure(to, r.status, *wrong);
  return r;
}

batch_view read_openai_batch(const json::value& v) {
  batch_view b;
  b.id = text_at(v, "id");
  b.word = provider::sanitize(text_at(v, "status"), 64);
  b.state = read_state(b.word);
  b.input_file = text_at(v, "input_file_id");
  b.created = time_at(v, "created_at");
  if (const auto* counts = codec::find(v, "request_counts")) {
    b.total = codec::uint_at(*counts, "total");
    b.completed = codec::uint_at(*counts, "completed");
    b.failed = codec::uint_at(*counts, "failed");
  }
  for (const auto* key : {"output_file_id", "error_file_id"})
    if (auto id = text_at(v, key); !id.empty())
      b.places.push_back(std::move(id));
  if (const auto* given = codec::find(v, "metadata"))
    b.nonce = text_at(*given, "weir_part");
  if (const auto* all = codec::find(v, "errors")) {
    if (const auto* list = codec::array_at(*all, "data"))
      for (const auto& e : *list)
        b.problems.emplace_back(words_at(e, "code"), words_at(e, "message"), codec::uint_at(e, "line"));
  } else if (const auto words = words_at(v, "error"); !words.empty()) {
    b.problems.emplace_back(std::string(), words);
  }
  return b;
}

batch_page read_openai_page(const response& r, batch_view (*read)(const json::value&)) {
  error_code ec;
  const auto v = codec::parse_answer(r.body, ec);
  const json::array* list = nullptr;
  if (!ec && v.is_array())
    list = &v.as_array();
  else if (!ec)
    list = codec::array_at(v, "data");
  if (!list) {
    if (!ec && v.is_object())
      read_object(r.body, "a list of batches");
    unreadable("a list of batches");
  }
  batch_page page;
  for (const auto& b : *list)
    if (b.is_object())
      page.batches.push_back(read(b));
  if (codec::bool_at(v, "has_more").value_or(false)) {
    page.next = text_at(v, "last_id");
    if (page.next.empty() && !page.batches.empty())
      page.next = page.batches.back().id;
  }
  return page;
}

std::string escaped(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain)
      out += c;
    else
      ((out += '%') += hex[byte >> 4]) += hex[byte & 15];
  }
  return out;
}

const std::string& safe_id(const std::string& id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == ':' || c == '/';
  };
  if (id.empty() || id.size() > 512 || id.starts_with('/') || id.find("..") != std::string::npos ||
      id.find("//") != std::string::npos || !std::all_of(id.begin(), id.end(), allowed))
    unreadable("an identifier");
  return id;
}

} // namespace weir::inline v0::vendor_batch
