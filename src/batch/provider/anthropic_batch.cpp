// Anthropic's Message Batches: the requests inside of the creation, and nothing to find a batch by but its results.
#include "batch/provider/reading.hpp"
#include "http/message/url.hpp"
#include "provider/response/errors.hpp"

namespace weir::inline v0::vendor_batch {

namespace {

batch_view read_batch(const json::value& v) {
  batch_view b;
  b.id = text_at(v, "id");
  b.word = text_at(v, "processing_status");
  b.state = read_state(b.word);
  b.created = time_at(v, "created_at");
  if (const auto* counts = codec::find(v, "request_counts")) {
    const auto of = [counts](std::string_view key) { return codec::uint_at(*counts, key).value_or(0); };
    const auto lost = of("errored") + of("canceled") + of("expired");
    const auto total = of("processing") + of("succeeded") + lost;
    // All stay 0 until the whole batch has ended.
    if (total != 0)
      b.total = total;
    if (b.ended() || of("succeeded") + lost != 0) {
      b.completed = of("succeeded");
      b.failed = lost;
    }
    if (b.ended() && of("succeeded") + of("errored") == 0 && total != 0)
      b.state = of("expired") != 0 ? batch_state::expired : batch_state::cancelled;
  }
  if (auto url = text_at(v, "results_url"); !url.empty())
    b.places.push_back(std::move(url));
  else if (b.ended() && !codec::find(v, "archived_at") && !b.id.empty())
    b.places.push_back("/" + safe_id(b.id) + "/results");
  return b;
}

class anthropic_batch final : public dialect {
public:
  explicit anthropic_batch(provider::route to) : dialect(std::move(to)) {
    auto path = route().target.substr(0, route().target.find('?'));
    root_ = path + "/batches";
  }

  std::string_view name() const noexcept override { return "anthropic"; }
  part_limits limits() const override { return part_limits(100'000, std::uint64_t{256} << 20); }
  search_by search() const noexcept override { return search_by::results; }

  std::string line(const chat& ask, std::string_view custom_id) const override {
    return "{\"custom_id\":\"" + std::string(custom_id) + "\",\"params\":" + chat_body(ask) + '}';
  }

  http::request create(const submission& s) const override {
    std::string body = "{\"requests\":[";
    body.reserve(s.content.size() + 16);
    body += s.content;
    // The line feeds between the requests become commas; inside of JSON there are none.
    for (auto& c : body)
      if (c == '\n')
        c = ',';
    if (body.ends_with(','))
      body.pop_back();
    return post_json("", body += "]}");
  }
  http::request list(const std::string& from) const override {
    return at("GET", "?limit=100" + (from.empty() ? "" : "&after_id=" + safe_id(from)));
  }
  http::request poll(const std::string& id) const override { return at("GET", "/" + safe_id(id)); }
  std::optional<http::request> cancel(const std::string& id) const override {
    return at("POST", "/" + safe_id(id) + "/cancel");
  }
  batch_view batch(const response& r) const override {
    auto b = read_batch(read_object(r.body, "a batch"));
    safe_id(b.id);
    return b;
  }
  batch_page page(const std::string&, const response& r) const override { return read_openai_page(r, read_batch); }

  http::request fetch(const result_place& from) const override {
    if (!http::is_url(from))
      return at("GET", from);
    // The key goes to the route's own origin only.
    const auto url = http::parse_url(from);
    auto r = at("GET", "");
    r.target = url.target;
    r.to = url.origin;
    if (url.origin.text() != route().to.text())
      r.auth.reset();
    return r;
  }
  bool gives_lines(const result_place&) const noexcept override { return true; }

  line_result result(std::string_view text) const override {
    const auto v = read_object(text, "a line of results");
    line_result r;
    r.custom_id = text_at(v, "custom_id");
    const auto* given = codec::find(v, "result");
    const auto type = given ? text_at(*given, "type") : std::string();
    if (type == "succeeded" && codec::find(*given, "message")) {
      r.what = line_result::kind::answered;
      r.status = 200;
      r.body = codec::to_text(*codec::find(*given, "message"));
    } else if (is_not_run(type)) {
      r.what = line_result::kind::not_run;
    } else {
      r.what = line_result::kind::failed;
      const auto* why = given ? codec::find(*given, "error") : nullptr;
      r.why = line_failure(route(), 0, why ? *why : v);
    }
    return r;
  }

  std::vector<http::request> remove_output(const std::string& id, const std::vector<result_place>&) const override {
    return {at("DELETE", "/" + safe_id(id))};
  }
};

} // namespace

std::unique_ptr<dialect> make_anthropic(provider::route to) { return std::make_unique<anthropic_batch>(std::move(to)); }

} // namespace weir::inline v0::vendor_batch
