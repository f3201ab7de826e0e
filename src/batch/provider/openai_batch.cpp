// OpenAI's batch API, which Groq, DeepInfra, Novita, Azure and many servers of one's own have too.
#include "batch/provider/reading.hpp"
#include "provider/vendors.hpp"

namespace weir::inline v0::vendor_batch {

namespace {

using std::chrono::hours;

constexpr std::string_view chats = "/chat/completions";

bool is_azure(const provider::route& to) {
  const std::string_view host = to.to.host();
  return host.ends_with(".azure.com") || to.target.find("/openai/deployments/") != std::string::npos;
}

class openai_batch final : public dialect {
public:
  explicit openai_batch(provider::route to) : dialect(std::move(to)), azure_(is_azure(route())) {
    auto path = route().target.substr(0, route().target.find('?'));
    for (const std::string_view end : {chats, std::string_view("/responses")})
      if (path.ends_with(end))
        path.resize(path.size() - end.size());
    // The deployment is the model of each line.
    if (const auto at = path.find("/deployments/"); azure_ && at != std::string::npos)
      path.resize(at);
    // Novita has it elsewhere than its chats.
    if (route().to.host() == "api.novita.ai")
      path = "/openai/v1";
    root_ = path;
    const bool responses = route().target.find("/responses") != std::string::npos;
    endpoint_ = responses ? "/v1/responses" : "/v1/chat/completions";
    if (azure_)
      endpoint_ = responses ? "/responses" : "/chat/completions";
  }

  std::string_view name() const noexcept override { return "openai"; }

  part_limits limits() const override {
    part_limits l(50'000, std::uint64_t{200} << 20);
    if (route().to.host() == "api.groq.com") {
      l.bytes = std::uint64_t{100} << 20;
      l.max_window = hours(24 * 7);
    } else if (route().to.host() == "api.novita.ai") {
      l.window = l.min_window = l.max_window = hours(48);
    }
    return l;
  }

  std::string line(const chat& ask, std::string_view custom_id) const override {
    return "{\"custom_id\":\"" + std::string(custom_id) + "\",\"method\":\"POST\",\"url\":\"" + endpoint_ +
           "\",\"body\":" + chat_body(ask) + '}';
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
    const json::value body{{"input_file_id", s.file},
                           {"endpoint", endpoint_},
                           {"completion_window", std::to_string(s.window.count()) + "h"},
                           {"metadata", {{"weir_part", s.nonce}, {"weir_sha256", s.sha256}}}};
    return post_json("/batches", codec::to_text(body));
  }
  http::request list(const std::string& from) const override {
    return at("GET", "/batches?limit=100" + (from.empty() ? "" : "&after=" + safe_id(from)));
  }
  http::request poll(const std::string& id) const override { return at("GET", "/batches/" + safe_id(id)); }
  std::optional<http::request> cancel(const std::string& id) const override {
    return at("POST", "/batches/" + safe_id(id) + "/cancel");
  }
  batch_view batch(const response& r) const override {
    auto b = read_openai_batch(read_object(r.body, "a batch"));
    safe_id(b.id);
    return b;
  }
  batch_page page(const std::string&, const response& r) const override {
    return read_openai_page(r, read_openai_batch);
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

private:
  const bool azure_;
  std::string endpoint_;
};

} // namespace

std::unique_ptr<dialect> make_openai(provider::route to) { return std::make_unique<openai_batch>(std::move(to)); }

} // namespace weir::inline v0::vendor_batch
