#include "sim/dialects/openai/response_events.hpp"

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

/// The end of a stream repeats its text, which is built before the first event is sent: not for a load test.
constexpr std::uint64_t most_repeated_tokens = 10'000;

/// Adds the events before and after the text, with their numbers.
class writer {
public:
  writer(const said& s, const json::value& request)
      : said_(s), request_(request), source_(s.stream()),
        text_(s.size.tokens <= most_repeated_tokens ? s.whole() : std::string()) {}

  std::unique_ptr<token_source> write() {
    add_state("response.created", false);
    add_state("response.in_progress", false);
    if (said_.reasoning != 0)
      add_reasoning();
    if (said_.call)
      add_call();
    else
      add_text();
    add_state(said_.size.limited && !said_.call ? "response.incomplete" : "response.completed", true);
    return std::move(source_);
  }

private:
  void add(std::string_view type, json::object rest, piece kind = piece::extra) {
    auto out = one("type", json::value(type));
    out["sequence_number"] = number_++;
    for (auto& [key, value] : rest)
      out[key] = std::move(value);
    (after_ ? source_->after : source_->before).emplace_back(kind, typed_event(out));
  }

  void add_state(std::string_view type, bool ended) {
    add(type, one("response", response_object(said_, request_, ended, text_)));
  }

  /// An event about a whole item.
  void add_item(std::string_view type, json::object item) {
    json::object out;
    out["output_index"] = index_;
    id_ = item["id"];
    out["item"] = std::move(item);
    add(type, std::move(out));
  }

  /// The beginning of an event about a part of the current item.
  json::object within(std::string_view part_key = {}) const {
    auto out = one("item_id", id_);
    out["output_index"] = index_;
    if (!part_key.empty())
      out[part_key] = 0;
    return out;
  }
  static json::object with(json::object out, std::string_view key, json::value value) {
    out[key] = std::move(value);
    return out;
  }

  void add_reasoning() {
    static constexpr std::string_view key = "summary_index";
    add_item("response.output_item.added", reasoning_item(said_, false));
    add("response.reasoning_summary_part.added", with(within(key), "part", summary_part("")));
    const answer_text thoughts("");
    for (std::uint64_t t = 0; t < said_.reasoning; ++t)
      add("response.reasoning_summary_text.delta", with(within(key), "delta", json::value(thoughts.token(t))),
          piece::token);
    add("response.reasoning_summary_text.done", with(within(key), "text", json::value(said_.thoughts())));
    add("response.reasoning_summary_part.done", with(within(key), "part", summary_part(said_.thoughts())));
    add_item("response.output_item.done", reasoning_item(said_, true));
    ++index_;
  }

  void add_call() {
    after_ = true;
    add_item("response.output_item.added", call_item(said_, false));
    for (const auto& part : pieces(said_.call->arguments))
      add("response.function_call_arguments.delta", with(within(), "delta", json::value(part)), piece::token);
    add("response.function_call_arguments.done",
        with(with(within(), "name", json::value(said_.call->name)), "arguments", json::value(said_.call->arguments)));
    add_item("response.output_item.done", call_item(said_, true));
  }

  void add_text() {
    static constexpr std::string_view key = "content_index";
    add_item("response.output_item.added", message_item(said_, false, ""));
    add("response.content_part.added", with(within(key), "part", text_part("")));
    add_deltas(key);
    add("response.output_text.done", with(with(within(key), "logprobs", json::array()), "text", json::value(text_)));
    add("response.content_part.done", with(within(key), "part", text_part(text_)));
    add_item("response.output_item.done", message_item(said_, true, text_));
  }

  void add_deltas(std::string_view key) {
    auto event = one("type", "response.output_text.delta");
    for (auto& [name, value] : within(key))
      event[name] = std::move(value);
    event["logprobs"] = json::array();
    event["delta"] = "";
    auto around = typed_event(event);
    around.resize(around.rfind("\"}"));
    source_->prefixes.push_back(std::move(around));
    source_->numbering = "\",\"sequence_number\":";
    source_->number = number_;
    source_->suffix = "}\n\n";
    number_ += said_.size.tokens;
    after_ = true;
  }

  const said& said_;
  const json::value& request_;
  std::unique_ptr<token_source> source_;
  std::string text_;
  std::uint64_t number_ = 0;
  std::uint64_t index_ = 0;
  json::value id_;
  bool after_ = false; ///< The text's own events.
};

} // namespace

std::unique_ptr<token_source> response_events(const said& s, const json::value& request) {
  return writer(s, request).write();
}

} // namespace weir::inline v0::sim
