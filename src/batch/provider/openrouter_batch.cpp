// OpenRouter's batches: OpenAI's words with the requests inside of the creation, and the results inside of the batch.
#include "batch/provider/reading.hpp"

namespace weir::inline v0::vendor_batch {

namespace {

batch_view read_batch(const json::value& given) {
  const auto* inner = codec::object_at(given, "data") ? codec::find(given, "data") : nullptr;
  auto b = read_openai_batch(inner ? *inner : given);
  b.places.clear();
  const bool refused = b.state == batch_state::failed && b.completed.value_or(0) == 0 && b.failed.value_or(0) == 0;
  if (b.ended() && !b.id.empty() && !refused)
    b.places.push_back(b.id);
  return b;
}

class openrouter_batch final : public dialect {
public:
  explicit openrouter_batch(provider::route to) : dialect(std::move(to)) {
    root_ = route().target.substr(0, route().target.find("/chat/completions"));
    if (const auto query = root_.find('?'); query != std::string::npos)
      root_.resize(query);
  }

  std::string_view name() const noexcept override { return "openrouter"; }
  part_limits limits() const override { return part_limits(5'000, std::uint64_t{100} << 20); }
  search_by search() const noexcept override { return search_by::results; }

  std::string line(const chat& ask, std::string_view custom_id) const override {
    return "{\"custom_id\":\"" + std::string(custom_id) + "\",\"body\":" + chat_body(ask) + '}';
  }

  http::request create(const submission& s) const override {
    auto requests = s.content;
    for (auto& c : requests)
      if (c == '\n')
        c = ',';
    if (requests.ends_with(','))
      requests.pop_back();
    const json::value model = json::string(route().model);
    return post_json("/batches", "{\"endpoint\":\"/v1/chat/completions\",\"model\":" + codec::to_text(model) +
                                     ",\"requests\":[" + requests + "]}");
  }
  http::request list(const std::string& from) const override {
    return at("GET", "/batches?limit=100" + (from.empty() ? "" : "&after=" + safe_id(from)));
  }
  http::request poll(const std::string& id) const override { return at("GET", "/batches/" + safe_id(id)); }
  std::optional<http::request> cancel(const std::string&) const override { return std::nullopt; }
  batch_view batch(const response& r) const override {
    auto b = read_batch(read_object(r.body, "a batch"));
    safe_id(b.id);
    return b;
  }
  batch_page page(const std::string&, const response& r) const override { return read_openai_page(r, read_batch); }

  http::request fetch(const result_place& from) const override { return poll(from); }
  bool gives_lines(const result_place&) const noexcept override { return false; }
  unpacked unpack(const result_place&, const response& r) const override {
    const auto v = read_object(r.body, "a batch");
    const auto* inner = codec::object_at(v, "data") ? codec::find(v, "data") : nullptr;
    unpacked u;
    if (const auto* list = codec::array_at(inner ? *inner : v, "results"))
      for (const auto& one : *list)
        u.lines.push_back(codec::to_text(one));
    return u;
  }
  line_result result(std::string_view text) const override { return read_openai_line(route(), text); }

  std::vector<http::request> remove_output(const std::string& id, const std::vector<result_place>&) const override {
    return {at("DELETE", "/batches/" + safe_id(id))};
  }
};

} // namespace

std::unique_ptr<dialect> make_openrouter(provider::route to) {
  return std::make_unique<openrouter_batch>(std::move(to));
}

} // namespace weir::inline v0::vendor_batch
