// Mistral's batch jobs: files as OpenAI has them, jobs of their own form. Results are kept for a day.
#include "batch/provider/reading.hpp"
#include "provider/response/errors.hpp"

namespace weir::inline v0::vendor_batch {

namespace {

using std::chrono::hours;

constexpr std::size_t page_size = 100;

batch_view read_job(const json::value& v) {
  batch_view b;
  b.id = text_at(v, "id");
  b.word = text_at(v, "status");
  b.state = read_state(b.word);
  b.created = time_at(v, "created_at");
  b.total = codec::uint_at(v, "total_requests");
  b.completed = codec::uint_at(v, "succeeded_requests");
  b.failed = codec::uint_at(v, "failed_requests");
  for (const auto* key : {"output_file", "error_file"})
    if (auto id = text_at(v, key); !id.empty())
      b.places.push_back(std::move(id));
  if (const auto* given = codec::find(v, "metadata"))
    b.nonce = text_at(*given, "weir_part");
  if (const auto* files = codec::array_at(v, "input_files"); files && files->size() == 1 && files->front().is_string())
    b.input_file = files->front().as_string();
  // Errors of lines, each message once: none of them is the job's.
  if (const auto* list = codec::array_at(v, "errors"); list && b.state == batch_state::failed)
    for (const auto& e : *list)
      b.problems.emplace_back(std::string(), words_at(e, "message"));
  return b;
}

class mistral_batch final : public dialect {
public:
  explicit mistral_batch(provider::route to) : dialect(std::move(to)) {
    root_ = route().target.substr(0, route().target.find("/chat/completions"));
    if (const auto query = root_.find('?'); query != std::string::npos)
      root_.resize(query);
  }

  std::string_view name() const noexcept override { return "mistral"; }
  part_limits limits() const override {
    part_limits l(100'000, std::uint64_t{512} << 20);
    l.min_window = hours(1);
    l.max_window = hours(24 * 7);
    l.kept = hours(24);
    return l;
  }

  std::string line(const chat& ask, std::string_view custom_id) const override {
    return "{\"custom_id\":\"" + std::string(custom_id) + "\",\"body\":" + chat_body(ask) + '}';
  }

  unsigned upload_steps() const noexcept override { return 1; }
  http::request upload(const submission& s, const std::vector<response>&) const override {
    auto r = at("POST", "/files");
    put_form(r, {{"purpose", "batch"}}, s.nonce + ".jsonl", s);
    return r;
  }
  std::string uploaded(const submission&, const std::vector<response>& all) const override {
    return safe_id(text_at(read_object(all.back().body, "an uploaded file"), "id"));
  }

  http::request create(const submission& s) const override {
    const json::value body{{"input_files", json::array{s.file}},
                           {"model", route().model},
                           {"endpoint", "/v1/chat/completions"},
                           {"timeout_hours", s.window.count()},
                           {"metadata", {{"weir_part", s.nonce}, {"weir_sha256", s.sha256}}}};
    return post_json("/batch/jobs", codec::to_text(body));
  }
  // `from` is the number of a page.
  http::request list(const std::string& from) const override {
    return at("GET", "/batch/jobs?page_size=100&page=" + (from.empty() ? "0" : safe_id(from)));
  }
  http::request poll(const std::string& id) const override { return at("GET", "/batch/jobs/" + safe_id(id)); }
  std::optional<http::request> cancel(const std::string& id) const override {
    return at("POST", "/batch/jobs/" + safe_id(id) + "/cancel");
  }
  batch_view batch(const response& r) const override {
    auto b = read_job(read_object(r.body, "a batch job"));
    safe_id(b.id);
    return b;
  }
  batch_page page(const std::string& from, const response& r) const override {
    auto p = read_openai_page(r, read_job);
    // The number of the page is not in it.
    p.next.clear();
    if (p.batches.size() >= page_size)
      p.next = std::to_string((from.empty() ? 0 : std::stoul(from)) + 1);
    return p;
  }

  http::request fetch(const result_place& from) const override {
    return at("GET", "/files/" + safe_id(from) + "/content");
  }
  bool gives_lines(const result_place&) const noexcept override { return true; }
  line_result result(std::string_view text) const override { return read_openai_line(route(), text); }

  std::vector<http::request> remove_input(const std::string& file) const override {
    return {at("DELETE", "/files/" + safe_id(file))};
  }
  std::vector<http::request> remove_output(const std::string&, const std::vector<result_place>& all) const override {
    std::vector<http::request> out;
    for (const auto& file : all)
      out.push_back(at("DELETE", "/files/" + safe_id(file)));
    return out;
  }
};

} // namespace

std::unique_ptr<dialect> make_mistral(provider::route to) { return std::make_unique<mistral_batch>(std::move(to)); }

} // namespace weir::inline v0::vendor_batch
