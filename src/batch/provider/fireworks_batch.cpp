// Fireworks' batch inference: datasets in and out, and a job under an id of weir's own choice.
#include "batch/provider/reading.hpp"
#include "http/message/url.hpp"
#include "provider/paths.hpp"

namespace weir::inline v0::vendor_batch {

namespace {

std::string last_of(const std::string& name) { return name.substr(name.rfind('/') + 1); }

// A job is called `weir-…`, and its datasets the same with an ending.
std::string output_of(const std::string& job) { return job + "-out"; }

batch_view read_job(const json::value& v) {
  batch_view b;
  b.id = last_of(text_at(v, "name"));
  b.nonce = b.id;
  b.word = text_at(v, "state");
  b.state = read_state(b.word);
  b.created = time_at(v, "createTime");
  if (const auto* done = codec::find(v, "jobProgress")) {
    b.total = count_at(*done, "totalInputRequests");
    b.completed = count_at(*done, "successfullyProcessedRequests");
    b.failed = count_at(*done, "failedRequests");
  }
  if (auto output = last_of(text_at(v, "outputDatasetId")); !output.empty() && b.ended())
    b.places.push_back(std::move(output));
  if (const auto* said = codec::find(v, "status"); said && b.state == batch_state::failed)
    if (auto words = words_at(*said, "message"); !words.empty())
      b.problems.emplace_back(text_at(*said, "code"), std::move(words));
  return b;
}

class fireworks_batch final : public dialect {
public:
  fireworks_batch(provider::route to, std::string account) : dialect(std::move(to)) {
    if (account.empty())
      throw error(errc::invalid_argument,
                  "Fireworks' batch API needs the id of the key's account: set it with provider_batch::account()");
    // `/inference/v1/chat/completions` is at the same host, or behind the same beginning.
    auto begin = route().target.substr(0, route().target.find("/inference/"));
    if (begin.size() == route().target.size())
      begin.clear();
    root_ = begin + "/v1/accounts/" + provider::path_of_model(account);
    account_ = "accounts/" + account;
  }

  std::string_view name() const noexcept override { return "fireworks"; }
  part_limits limits() const override { return part_limits(part_limits::unlimited, std::uint64_t{480} << 20); }

  std::string line(const chat& ask, std::string_view custom_id) const override {
    return "{\"custom_id\":\"" + std::string(custom_id) + "\",\"body\":" + chat_body(ask) + '}';
  }

  unsigned upload_steps() const noexcept override { return 2; }
  http::request upload(const submission& s, const std::vector<response>& before) const override {
    if (before.empty())
      return post_json("/datasets", codec::to_text(json::object{{"datasetId", s.nonce},
                                                                {"dataset", {{"userUploaded", json::object()}}}}));
    auto r = at("POST", "/datasets/" + safe_id(s.nonce) + ":upload");
    put_form(r, {}, s.nonce + ".jsonl", s);
    return r;
  }
  // It has the id that weir gave it.
  bool is_repeat(unsigned step, int status) const noexcept override { return step == 0 && status == 409; }
  std::string uploaded(const submission& s, const std::vector<response>&) const override { return s.nonce; }

  http::request create(const submission& s) const override {
    const json::value body{{"model", route().model},
                           {"inputDatasetId", account_ + "/datasets/" + s.file},
                           {"outputDatasetId", account_ + "/datasets/" + output_of(s.nonce)},
                           {"displayName", s.nonce}};
    return post_json("/batchInferenceJobs?batchInferenceJobId=" + escaped(s.nonce), codec::to_text(body));
  }
  http::request list(const std::string& from) const override {
    return at("GET", "/batchInferenceJobs?pageSize=200" + (from.empty() ? "" : "&pageToken=" + escaped(from)));
  }
  http::request poll(const std::string& id) const override { return at("GET", "/batchInferenceJobs/" + safe_id(id)); }
  std::optional<http::request> cancel(const std::string& id) const override {
    return post_json("/batchInferenceJobs/" + safe_id(id) + ":cancel", "{}");
  }
  // cancel() is answered with nothing.
  batch_view batch(const response& r) const override {
    const auto v = read_object(r.body, "a batch job");
    if (v.as_object().empty())
      return {};
    auto b = read_job(v);
    safe_id(b.id);
    return b;
  }
  batch_page page(const std::string&, const response& r) const override {
    const auto v = read_object(r.body, "a list of batch jobs");
    batch_page p;
    if (const auto* list = codec::array_at(v, "batchInferenceJobs"))
      for (const auto& b : *list)
        p.batches.push_back(read_job(b));
    p.next = text_at(v, "nextPageToken");
    return p;
  }

  // A dataset, and then the signed URLs of its files.
  http::request fetch(const result_place& from) const override {
    if (!http::is_url(from))
      return at("GET", "/datasets/" + safe_id(from) + ":getDownloadEndpoint");
    const auto url = http::parse_url(from);
    http::request r;
    r.method = "GET";
    r.to = url.origin;
    r.target = url.target;
    return r;
  }
  bool gives_lines(const result_place& from) const noexcept override { return http::is_url(from); }
  unpacked unpack(const result_place&, const response& r) const override {
    const auto v = read_object(r.body, "a download endpoint");
    unpacked u;
    if (const auto* urls = codec::object_at(v, "filenameToSignedUrls"))
      for (const auto& [file, url] : *urls)
        if (url.is_string() && http::is_url(url.as_string()))
          u.further.emplace_back(url.as_string());
    return u;
  }
  line_result result(std::string_view text) const override { return read_openai_line(route(), text); }

  std::vector<http::request> remove_input(const std::string& file) const override {
    return {at("DELETE", "/datasets/" + safe_id(file))};
  }
  std::vector<http::request> remove_output(const std::string& id, const std::vector<result_place>&) const override {
    return {at("DELETE", "/batchInferenceJobs/" + safe_id(id)), at("DELETE", "/datasets/" + output_of(safe_id(id)))};
  }

private:
  std::string account_;
};

} // namespace

std::unique_ptr<dialect> make_fireworks(provider::route to, std::string account) {
  return std::make_unique<fireworks_batch>(std::move(to), std::move(account));
}

} // namespace weir::inline v0::vendor_batch
