// Gemini's batches: a file of its Files API, an operation that works on it, and a file of responses.
#include "batch/provider/reading.hpp"
#include "http/message/url.hpp"
#include "provider/paths.hpp"
#include "provider/response/errors.hpp"

namespace weir::inline v0::vendor_batch {

namespace {

constexpr int grpc_cancelled = 1;

// An operation, whose metadata is the batch; or the batch itself.
batch_view read_operation(const json::value& v) {
  const auto* inner = codec::find(v, "metadata");
  const auto& at = inner && inner->is_object() ? *inner : v;
  batch_view b;
  b.id = text_at(v, "name");
  b.word = text_at(at, "state");
  b.state = read_state(b.word);
  b.nonce = text_at(at, "displayName");
  b.created = time_at(at, "createTime");
  if (const auto* stats = codec::find(at, "batchStats")) {
    b.total = count_at(*stats, "requestCount");
    b.completed = count_at(*stats, "successfulRequestCount");
    b.failed = count_at(*stats, "failedRequestCount");
  }
  if (const auto* input = codec::find(at, "inputConfig"))
    b.input_file = text_at(*input, "fileName");
  for (const auto* holder : {codec::find(v, "response"), codec::find(at, "output")})
    if (holder && b.places.empty())
      if (auto file = text_at(*holder, "responsesFile"); !file.empty())
        b.places.push_back(std::move(file));
  if (const auto* wrong = codec::find(v, "error")) {
    b.problems.emplace_back(text_at(*wrong, "status"), words_at(*wrong, "message"));
    if (!b.ended() && codec::bool_at(v, "done").value_or(false))
      b.state = batch_state::failed;
  }
  // Of one that did not succeed it gives no results, which nobody is to wait for.
  if (b.ended() && b.state != batch_state::completed && b.places.empty())
    b.completed.reset();
  return b;
}

class gemini_batch final : public dialect {
public:
  explicit gemini_batch(provider::route to) : dialect(std::move(to)) {
    const auto& target = route().target;
    root_ = target.substr(0, std::min(target.find("/models/"), target.find('?')));
    // In front of `/v1beta` where that is the whole root, and behind what a server of one's own has there.
    const auto version = root_.rfind('/');
    const auto cut = version == std::string::npos ? 0 : version;
    files_ = root_.substr(0, cut) + "/upload" + root_.substr(cut) + "/files";
    downloads_ = root_.substr(0, cut) + "/download" + root_.substr(cut) + '/';
  }

  std::string_view name() const noexcept override { return "gemini"; }
  part_limits limits() const override {
    part_limits l(part_limits::unlimited, std::uint64_t{2} << 30);
    l.window = l.min_window = l.max_window = std::chrono::hours(48);
    l.kept = std::chrono::hours(48);
    return l;
  }

  std::string line(const chat& ask, std::string_view custom_id) const override {
    return "{\"key\":\"" + std::string(custom_id) + "\",\"request\":" + chat_body(ask) + '}';
  }

  unsigned upload_steps() const noexcept override { return 2; }
  http::request upload(const submission& s, const std::vector<response>& before) const override {
    auto r = at("POST", "");
    if (before.empty()) {
      r.target = files_;
      r.headers.set("x-goog-upload-protocol", "resumable");
      r.headers.set("x-goog-upload-command", "start");
      r.headers.set("x-goog-upload-header-content-length", std::to_string(s.content.size()));
      r.headers.set("x-goog-upload-header-content-type", "application/jsonl");
      r.headers.set("content-type", "application/json");
      r.body = codec::to_text(json::object{{"file", {{"display_name", s.nonce}}}});
      return r;
    }
    const auto url = http::parse_url(before.back().headers.get("x-goog-upload-url"));
    r.to = url.origin;
    r.target = url.target;
    if (url.origin.text() != route().to.text())
      r.auth.reset();
    r.headers.set("x-goog-upload-offset", "0");
    r.headers.set("x-goog-upload-command", "upload, finalize");
    r.headers.set("content-type", "application/jsonl");
    r.body = s.content;
    return r;
  }
  std::string uploaded(const submission&, const std::vector<response>& all) const override {
    const auto v = read_object(all.back().body, "an uploaded file");
    const auto* file = codec::find(v, "file");
    return safe_id(text_at(file ? *file : v, "name"));
  }

  http::request create(const submission& s) const override {
    const json::value body{{"batch", {{"display_name", s.nonce}, {"input_config", {{"file_name", s.file}}}}}};
    return post_json("/models/" + provider::path_of_model(route().model) + ":batchGenerateContent",
                     codec::to_text(body));
  }
  http::request list(const std::string& from) const override {
    return at("GET", "/batches?pageSize=100" + (from.empty() ? "" : "&pageToken=" + escaped(from)));
  }
  http::request poll(const std::string& id) const override { return at("GET", '/' + safe_id(id)); }
  std::optional<http::request> cancel(const std::string& id) const override {
    return at("POST", '/' + safe_id(id) + ":cancel");
  }
  // cancel() is answered with nothing.
  batch_view batch(const response& r) const override {
    const auto v = read_object(r.body, "a batch");
    if (v.as_object().empty())
      return {};
    auto b = read_operation(v);
    safe_id(b.id);
    return b;
  }
  batch_page page(const std::string&, const response& r) const override {
    const auto v = read_object(r.body, "a list of batches");
    batch_page p;
    for (const auto* key : {"operations", "batches"})
      if (const auto* list = codec::array_at(v, key))
        for (const auto& b : *list)
          p.batches.push_back(read_operation(b));
    p.next = text_at(v, "nextPageToken");
    return p;
  }

  http::request fetch(const result_place& from) const override {
    auto r = at("GET", "");
    r.target = downloads_ + safe_id(from) + ":download?alt=media";
    return r;
  }
  bool gives_lines(const result_place&) const noexcept override { return true; }
  line_result result(std::string_view text) const override {
    error_code ec;
    const auto v = codec::parse_answer(text, ec);
    if (ec || !v.is_object())
      throw error(errc::malformed_response, "the provider's batch API sent a line of results that cannot be read");
    line_result r;
    r.custom_id = text_at(v, "key");
    if (const auto* data = codec::find(v, "metadata"); data && r.custom_id.empty())
      r.custom_id = text_at(*data, "key");
    if (const auto* wrong = codec::find(v, "error")) {
      const auto code = codec::int_at(*wrong, "code").value_or(0);
      r.what = code == grpc_cancelled ? line_result::kind::not_run : line_result::kind::failed;
      r.status = code >= 400 && code < 600 ? static_cast<int>(code) : 0;
      r.why = line_failure(route(), r.status, r.status ? v : *wrong);
    } else if (const auto* given = codec::find(v, "response")) {
      r.what = line_result::kind::answered;
      r.status = 200;
      r.body = codec::to_text(*given);
    } else {
      r.what = line_result::kind::failed;
      r.why = failure(errc::unexpected_content, "the line of the batch's results has neither an answer nor an error");
    }
    return r;
  }

  std::vector<http::request> remove_input(const std::string& file) const override {
    return {at("DELETE", '/' + safe_id(file))};
  }
  std::vector<http::request> remove_output(const std::string& id, const std::vector<result_place>& all) const override {
    std::vector<http::request> out{at("DELETE", '/' + safe_id(id))};
    for (const auto& file : all)
      out.push_back(at("DELETE", '/' + safe_id(file)));
    return out;
  }

private:
  std::string files_, downloads_;
};

} // namespace

std::unique_ptr<dialect> make_gemini(provider::route to) { return std::make_unique<gemini_batch>(std::move(to)); }

} // namespace weir::inline v0::vendor_batch
