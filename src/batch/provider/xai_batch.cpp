// xAI's batches: no state but counts, and results in pages.
#include "batch/provider/reading.hpp"

namespace weir::inline v0::vendor_batch {

namespace {

batch_view read_batch(const json::value& v) {
  batch_view b;
  b.id = text_at(v, "batch_id");
  if (b.id.empty())
    b.id = text_at(v, "id");
  b.nonce = text_at(v, "name");
  b.input_file = text_at(v, "input_file_id");
  // Often a date without a time: then it is not told.
  b.created = time_at(v, codec::find(v, "create_time") ? "create_time" : "created_at");
  const auto* inner = codec::object_at(v, "state") ? codec::find(v, "state") : nullptr;
  const auto& counts = inner ? *inner : v;
  const auto total = count_at(counts, "num_requests").value_or(0);
  const auto pending = count_at(counts, "num_pending").value_or(0);
  if (total != 0) {
    b.total = total;
    b.completed = count_at(counts, "num_success");
    b.failed = count_at(counts, "num_error");
  }
  if (codec::find(v, "cancel_time")) {
    auto why = words_at(v, "cancel_by_xai_message");
    // xAI itself cancels what it cannot read, and what takes too long. Else the results are complete once nothing is
    // pending any more.
    const bool late = why.find("xpired") != std::string::npos;
    b.state = !why.empty()   ? late ? batch_state::expired : batch_state::failed
              : pending != 0 ? batch_state::finalizing
                             : batch_state::cancelled;
    if (!why.empty() && !late)
      b.problems.emplace_back(std::string(), std::move(why));
  } else if (total == 0) {
    b.state = batch_state::validating;
  } else {
    b.state = pending != 0 ? batch_state::running : batch_state::completed;
  }
  b.word = name_of(b.state);
  // Results can be read before the end, which counts that stay 0 never tell.
  if (!b.id.empty() && !(b.state == batch_state::failed && total == 0))
    b.places.push_back(b.id);
  return b;
}

class xai_batch final : public dialect {
public:
  explicit xai_batch(provider::route to) : dialect(std::move(to)) {
    root_ = route().target.substr(0, route().target.find("/chat/completions"));
    if (const auto query = root_.find('?'); query != std::string::npos)
      root_.resize(query);
  }

  std::string_view name() const noexcept override { return "xai"; }
  part_limits limits() const override {
    return part_limits(1'000'000, std::uint64_t{200} << 20, std::uint64_t{25} << 20);
  }

  std::string line(const chat& ask, std::string_view custom_id) const override {
    return "{\"custom_id\":\"" + std::string(custom_id) +
           "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":" + chat_body(ask) + '}';
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
    return post_json("/batches", codec::to_text(json::object{{"name", s.nonce}, {"input_file_id", s.file}}));
  }
  http::request list(const std::string& from) const override {
    return at("GET", "/batches?limit=100" + (from.empty() ? "" : "&pagination_token=" + escaped(from)));
  }
  http::request poll(const std::string& id) const override { return at("GET", "/batches/" + safe_id(id)); }
  std::optional<http::request> cancel(const std::string& id) const override {
    return at("POST", "/batches/" + safe_id(id) + ":cancel");
  }
  batch_view batch(const response& r) const override {
    auto b = read_batch(read_object(r.body, "a batch"));
    safe_id(b.id);
    return b;
  }
  batch_page page(const std::string&, const response& r) const override {
    const auto v = read_object(r.body, "a list of batches");
    batch_page p;
    for (const auto* key : {"batches", "data"})
      if (const auto* list = codec::array_at(v, key))
        for (const auto& b : *list)
          p.batches.push_back(read_batch(b));
    p.next = text_at(v, "pagination_token");
    return p;
  }

  // A batch's id, and after a space the token of a page.
  http::request fetch(const result_place& from) const override {
    const auto space = from.find(' ');
    auto path = "/batches/" + safe_id(from.substr(0, space)) + "/results?limit=1000";
    if (space != std::string::npos)
      path += "&pagination_token=" + escaped(std::string_view(from).substr(space + 1));
    return at("GET", path);
  }
  bool gives_lines(const result_place&) const noexcept override { return false; }
  unpacked unpack(const result_place& from, const response& r) const override {
    const auto v = read_object(r.body, "a page of results");
    unpacked u;
    if (const auto* list = codec::array_at(v, "results"))
      for (const auto& one : *list)
        u.lines.push_back(codec::to_text(one));
    // A page without results is the last one, whatever it says.
    if (auto token = text_at(v, "pagination_token"); !token.empty() && !u.lines.empty())
      u.further.push_back(from.substr(0, from.find(' ')) + ' ' + token);
    return u;
  }
  line_result result(std::string_view text) const override {
    error_code ec;
    const auto v = codec::parse_answer(text, ec);
    if (ec || !v.is_object())
      throw error(errc::malformed_response, "the provider's batch API sent a result that cannot be read");
    line_result r;
    r.custom_id = text_at(v, "batch_request_id");
    if (r.custom_id.empty())
      r.custom_id = text_at(v, "custom_id");
    const auto* outer = codec::find(v, "batch_result");
    const auto& at = outer ? *outer : v;
    const auto* wrong = codec::find(at, "error");
    const auto* given = codec::find(at, "response");
    if (given && !wrong) {
      for (const auto* key : {"chat_get_completion", "body"})
        if (const auto* inner = codec::find(*given, key)) {
          given = inner;
          break;
        }
      r.what = line_result::kind::answered;
      r.status = 200;
      r.body = codec::to_text(*given);
      return r;
    }
    const bool not_run = wrong && is_not_run(text_at(*wrong, "code"));
    r.what = not_run ? line_result::kind::not_run : line_result::kind::failed;
    if (!not_run)
      r.why = line_failure(route(), 0, wrong ? *wrong : v);
    return r;
  }

  std::vector<http::request> remove_input(const std::string& file) const override {
    return {at("DELETE", "/files/" + safe_id(file))};
  }
};

} // namespace

std::unique_ptr<dialect> make_xai(provider::route to) { return std::make_unique<xai_batch>(std::move(to)); }

} // namespace weir::inline v0::vendor_batch
