// Together's batch API: OpenAI's with an envelope of its own, states in capitals, and bare lists.
#include "batch/provider/reading.hpp"

namespace weir::inline v0::vendor_batch {

namespace {

batch_view read_job(const json::value& given) {
  const auto* inner = codec::find(given, "job");
  auto b = read_openai_batch(inner ? *inner : given);
  return b;
}

class together_batch final : public dialect {
public:
  explicit together_batch(provider::route to) : dialect(std::move(to)) {
    root_ = route().target.substr(0, route().target.find("/chat/completions"));
    if (const auto query = root_.find('?'); query != std::string::npos)
      root_.resize(query);
  }

  std::string_view name() const noexcept override { return "together"; }
  part_limits limits() const override {
    return part_limits(50'000, std::uint64_t{100} << 20, part_limits::unlimited, 30'000'000'000);
  }

  std::string line(const chat& ask, std::string_view custom_id) const override {
    return "{\"custom_id\":\"" + std::string(custom_id) + "\",\"body\":" + chat_body(ask) + '}';
  }

  unsigned upload_steps() const noexcept override { return 1; }
  http::request upload(const submission& s, const std::vector<response>&) const override {
    auto r = at("POST", "/files/upload");
    const auto name = s.nonce + ".jsonl";
    put_form(r, {{"purpose", "batch-api"}, {"file_name", name}, {"file_type", "jsonl"}}, name, s);
    return r;
  }
  std::string uploaded(const submission&, const std::vector<response>& all) const override {
    return safe_id(text_at(read_object(all.back().body, "an uploaded file"), "id"));
  }

  // There is no metadata: a batch is known again by its input file, which no other one has.
  http::request create(const submission& s) const override {
    const json::value body{
        {"input_file_id", s.file}, {"endpoint", "/v1/chat/completions"}, {"completion_window", "24h"}};
    return post_json("/batches", codec::to_text(body));
  }
  http::request list(const std::string&) const override { return at("GET", "/batches"); }
  http::request poll(const std::string& id) const override { return at("GET", "/batches/" + safe_id(id)); }
  std::optional<http::request> cancel(const std::string& id) const override {
    return at("POST", "/batches/" + safe_id(id) + "/cancel");
  }
  batch_view batch(const response& r) const override {
    auto b = read_job(read_object(r.body, "a batch"));
    safe_id(b.id);
    return b;
  }
  batch_page page(const std::string&, const response& r) const override { return read_openai_page(r, read_job); }

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

std::unique_ptr<dialect> make_together(provider::route to) { return std::make_unique<together_batch>(std::move(to)); }

} // namespace weir::inline v0::vendor_batch
