// An output is a list of items: messages, reasoning, calls. Each may arrive in pieces, and again in full when one of
// its parts, the item or the whole response is done: servers leave out any of these.
#include "provider/chat/responses/responses_decode.hpp"

#include <utility>

#include "provider/answer/shared_details.hpp"
#include "provider/answer/units.hpp"
#include "provider/chat/dialect_decode.hpp"
#include "provider/chat/openai/openai_parts.hpp"
#include "provider/chat/responses/responses_items.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

// From a list of parts, or a plain text instead.
std::string joined(const codec::node& item, std::string_view list, std::string_view key) {
  std::string all(key == "text" ? codec::string_at(item, list).value_or("") : "");
  if (const auto* parts = codec::array_at(item, list))
    for (const auto& part : parts->elements())
      all += codec::string_at(part, key).value_or("");
  return all;
}

bool is_call(std::string_view type) noexcept { return type == "function_call" || type == "custom_tool_call"; }

std::string_view arguments_key(std::string_view type) noexcept {
  return type == "custom_tool_call" ? "input" : "arguments";
}

class responses_decoder final : public object_decoder {
private:
  void read_event(const codec::node& v, std::vector<event>& out) override {
    read_typed(type_of(v), v, out);
    if (items_.too_many() && !failed())
      fail(errc::malformed_event, "the answer has more than 4096 items");
  }

  void read_typed(std::string_view type, const codec::node& v, std::vector<event>& out) {
    if (type == "response.output_item.added" || type == "response.output_item.done") {
      if (const auto* given = codec::find(v, "item")) {
        auto& i = items_.of_event(v, *given, type.ends_with("added"));
        read_item(i, *given, out);
        i.done = i.done || type.ends_with("done");
      }
    } else if (type == "response.completed" || type == "response.incomplete" || type == "response.failed" ||
               type == "response.cancelled" || type == "response.done") {
      if (const auto* response = codec::find(v, "response"))
        read_end(*response, out);
      else
        read_end_by_name(type, out);
    } else if (type.ends_with(".delta")) {
      read_piece(type, v, out);
    } else if (type.ends_with(".done")) {
      read_whole(type, v, out);
    } else if (const auto* response = codec::find(v, "response")) {
      read_head(*response);
    } else if (!type.starts_with("response.") && type != "keepalive" && type != "ping") {
      remark("skipped events of an unknown type");
    }
  }

  bool read_answer(const codec::node& v, std::vector<event>& out) override {
    if (!codec::array_at(v, "output"))
      return false;
    read_end(v, out);
    // SDKs add it to what they print, and gateways pass that on.
    if (!writer_.said() && !failed())
      say(event::kind::text, v, "output_text", out);
    return true;
  }

  bool is_answer(const codec::node& v) const override {
    return codec::string_at(v, "object") == "response" && !codec::find(v, "type");
  }

  // A gateway's own end, which counts if nothing was left open.
  void on_done_mark() override {
    if (items_.all_done())
      end();
  }

  bool is_own(std::string_view type) const noexcept override {
    return object_decoder::is_own(type) || type.starts_with("response.");
  }

  void read_piece(std::string_view type, const codec::node& v, std::vector<event>& out) {
    const auto piece = codec::string_at(v, "delta").value_or("");
    if (type == "response.output_text.delta" || type == "response.output_audio_transcript.delta" ||
        type == "response.audio.transcript.delta") {
      const auto first = out.size();
      auto& i = items_.of_piece(v, "message");
      turn(i.text_part, i.text_at, codec::uint_at(v, "content_index"));
      add(event::kind::text, i.text, i.text_part, piece, out);
      put_odds(v, first, out);
    } else if (type == "response.refusal.delta") {
      auto& i = items_.of_piece(v, "message");
      add(event::kind::refusal, i.refusal, i.refusal, piece, out);
    } else if (type.starts_with("response.reasoning_summary")) {
      auto& i = items_.of_piece(v, "reasoning");
      turn(i.summary_part, i.summary_at, codec::uint_at(v, "summary_index"));
      add(event::kind::reasoning, i.summary, i.summary_part, piece, out);
    } else if (type.starts_with("response.reasoning")) {
      auto& i = items_.of_piece(v, "reasoning");
      turn(i.text_part, i.text_at, codec::uint_at(v, "content_index"));
      add(event::kind::reasoning, i.text, i.text_part, piece, out);
    } else if (type == "response.function_call_arguments.delta" || type == "response.custom_tool_call_input.delta") {
      more_of_call(call_of(v, call_type(type), out), piece, out);
    } else if (type == "response.output_audio.delta" || type == "response.audio.delta") {
      show(piece, {}, out, 0, codec::string_at(v, "item_id").value_or("audio"));
    }
  }

  void read_whole(std::string_view type, const codec::node& v, std::vector<event>& out) {
    if (type == "response.output_text.done" || type == "response.output_audio_transcript.done") {
      auto& i = items_.of_piece(v, "message");
      complete(event::kind::text, i.text, i.text_part, i.text_at, codec::uint_at(v, "content_index"),
               codec::string_at(v, type.ends_with("text.done") ? "text" : "transcript").value_or(""), out);
    } else if (type == "response.refusal.done") {
      auto& i = items_.of_piece(v, "message");
      rest_of(event::kind::refusal, i.refusal, codec::string_at(v, "refusal").value_or(""), out);
    } else if (type == "response.reasoning_summary_text.done") {
      auto& i = items_.of_piece(v, "reasoning");
      complete(event::kind::reasoning, i.summary, i.summary_part, i.summary_at, codec::uint_at(v, "summary_index"),
               codec::string_at(v, "text").value_or(""), out);
    } else if (type == "response.reasoning_text.done") {
      auto& i = items_.of_piece(v, "reasoning");
      complete(event::kind::reasoning, i.text, i.text_part, i.text_at, codec::uint_at(v, "content_index"),
               codec::string_at(v, "text").value_or(""), out);
    } else if (type == "response.content_part.done" || type == "response.reasoning_summary_part.done") {
      if (const auto* part = codec::find(v, "part"))
        read_part(v, *part, out);
    } else if (type == "response.function_call_arguments.done" || type == "response.custom_tool_call_input.done") {
      const auto key = arguments_key(call_type(type));
      const auto at = call_of(v, call_type(type), out);
      std::string made;
      whole_call(at,
                 whole_piece({}, codec::string_at(v, "name").value_or(""), arguments_text(codec::find(v, key), made)),
                 out);
    }
  }

  void read_part(const codec::node& v, const codec::node& part, std::vector<event>& out) {
    const auto type = codec::string_at(part, "type");
    const auto text = codec::string_at(part, "text").value_or("");
    if (type == "refusal") {
      auto& i = items_.of_piece(v, "message");
      rest_of(event::kind::refusal, i.refusal, codec::string_at(part, "refusal").value_or(""), out);
    } else if (type == "summary_text") {
      auto& i = items_.of_piece(v, "reasoning");
      complete(event::kind::reasoning, i.summary, i.summary_part, i.summary_at, codec::uint_at(v, "summary_index"),
               text, out);
    } else {
      auto& i = items_.of_piece(v, type == "reasoning_text" ? "reasoning" : "message");
      complete(type == "reasoning_text" ? event::kind::reasoning : event::kind::text, i.text, i.text_part, i.text_at,
               codec::uint_at(v, "content_index"), text, out);
    }
  }

  void read_head(const codec::node& response) {
    keep_first(info_.id, response, "id");
    keep_first(info_.model, response, "model");
    if (info_.created == 0)
      info_.created = codec::int_at(response, "created_at").value_or(0);
  }

  void read_end(const codec::node& response, std::vector<event>& out) {
    read_head(response);
    const auto status = codec::string_at(response, "status").value_or("");
    if (const auto* items = codec::array_at(response, "output"); items && !said_already(*items))
      read_items(*items, out);
    if (failed())
      return;
    if (status == "failed" || status == "cancelled" || codec::find(response, "error")) {
      auto e = read_error(codec::to_value(response));
      if (e.message.empty())
        e.message = "the response is " + std::string(status);
      fail(std::move(e));
    } else if (const auto* why = codec::find(response, "incomplete_details")) {
      finish(codec::string_at(*why, "reason").value_or(status), out);
    } else if (status == "incomplete") {
      fail(errc::truncated, "the provider reports an incomplete answer without a reason");
    } else if (!status.empty()) {
      finish(status, out);
    }
    keep_first(info_.service_tier, response, "service_tier");
    if (const auto* counts = codec::find(response, "usage"))
      report(counted(*counts), out);
    if (!failed())
      end();
  }

  // The response is missing: the event's name is all there is to go by.
  void read_end_by_name(std::string_view type, std::vector<event>& out) {
    const json::value named(json::object{{"status", type.substr(std::string_view("response.").size())}});
    codec::document response;
    response.assign(named);
    read_end(response.root(), out);
  }

  void read_items(const codec::node& all, std::vector<event>& out) {
    std::size_t n = 0;
    for (const auto& given : all.elements())
      if (!failed() && !items_.too_many())
        read_item(items_.of_list(given, n++), given, out);
  }

  void close(std::vector<event>& out) override {
    for (auto& i : items_.all()) {
      const auto k = i.type == "reasoning" ? event::kind::reasoning : event::kind::text;
      i.text.settle([&](std::string_view fresh) { give(k, fresh, out); });
      i.summary.settle([&](std::string_view fresh) { give(event::kind::reasoning, fresh, out); });
      i.refusal.settle([&](std::string_view fresh) { give(event::kind::refusal, fresh, out); });
    }
  }

  // Servers that do not identify items may send the text of several as if it were one item's.
  bool said_already(const codec::node& list) const {
    std::string text;
    bool other = false;
    for (const auto& given : list.elements()) {
      const auto type = codec::string_at(given, "type");
      other = other || type != "message";
      if (type == "message")
        text += joined(given, "content", "text");
    }
    return !other && !text.empty() && writer_.slots() != 0 && writer_.has_just(event::kind::text, 0, text);
  }

  void read_item(response_item& i, const codec::node& given, std::vector<event>& out) {
    const auto type = codec::string_at(given, "type").value_or(i.type);
    if (i.type.empty())
      i.type = type;
    // Built-in tool calls that run on the caller's side have an action instead of a name and arguments.
    const auto* action = codec::find(given, "action");
    if (is_call(type) || (action && codec::find(given, "call_id"))) {
      std::string made;
      const auto p =
          whole_piece(codec::string_at(given, "call_id").value_or(codec::string_at(given, "id").value_or("")),
                      is_call(type) ? codec::string_at(given, "name").value_or("") : type,
                      is_call(type) ? arguments_text(codec::find(given, arguments_key(type)), made)
                                    : std::string_view(made = codec::to_text(*action)));
      if (!i.call)
        i.call = begin_call(p.id, p.name, {}, out);
      whole_call(*i.call, p, out);
    } else if (type == "reasoning") {
      // Some servers stream as one kind what they then list as the other.
      if (const auto summary = joined(given, "summary", "text"); !i.text.is(summary))
        rest_of(event::kind::reasoning, i.summary, summary, out);
      if (const auto text = joined(given, "content", "text"); !i.summary.is(text))
        rest_of(event::kind::reasoning, i.text, text, out);
      keep_encrypted(i, given, out);
      end_parts(i);
    } else if (type == "image_generation_call") {
      if (i.text.size() == 0)
        show(codec::string_at(given, "result").value_or(""), {}, out);
      i.text.add(codec::string_at(given, "result").value_or(""), [](std::string_view) {});
    } else {
      const auto first = out.size();
      const bool fresh = i.text.size() == 0;
      rest_of(event::kind::text, i.text, joined(given, "content", "text"), out);
      rest_of(event::kind::refusal, i.refusal, joined(given, "content", "refusal"), out);
      end_parts(i);
      if (const auto* parts = codec::array_at(given, "content"); parts && fresh)
        for (const auto& part : parts->elements())
          put_odds(part, first, out);
    }
  }

  // What the API takes back, which keeps nothing itself (`store` is false).
  static void keep_encrypted(response_item& i, const codec::node& given, std::vector<event>& out) {
    if (codec::string_at(given, "encrypted_content").value_or("").empty() || std::exchange(i.kept, true))
      return;
    json::object block{{"type", "reasoning"}};
    for (const auto* key : {"id", "summary", "encrypted_content"})
      if (const auto* v = codec::find(given, key))
        block[key] = codec::to_value(*v);
    if (!block.contains("summary"))
      block["summary"] = json::array();
    out.emplace_back(event::kind::reasoning_block, codec::to_text(block));
  }

  // All of the item has arrived, and so has all of its only part.
  static void end_parts(response_item& i) {
    if (i.text_at == 0)
      i.text_part = i.text;
    if (i.summary_at == 0)
      i.summary_part = i.summary;
  }

  // A part begins: its text is counted from the start.
  static void turn(running_text& part, std::uint64_t& at, std::optional<std::uint64_t> index) {
    if (!index || *index == at)
      return;
    at = *index;
    part = running_text();
  }

  // The item knows what is new in a piece, so the answer's own text need not check again.
  void add(event::kind k, running_text& all, running_text& part, std::string_view piece, std::vector<event>& out) {
    all.add(piece, [&](std::string_view fresh) {
      if (&all != &part)
        part.told(fresh);
      give(k, fresh, out);
    });
  }

  void complete(event::kind k, running_text& all, running_text& part, std::uint64_t& at,
                std::optional<std::uint64_t> index, std::string_view text, std::vector<event>& out) {
    if (index && *index < at)
      return; // a part that others have already followed
    turn(part, at, index);
    const auto tell = [&](running_text& other, std::string_view fresh) {
      other.told(fresh);
      give(k, fresh, out);
    };
    if (all.size() == part.size()) {
      all.whole(text, [&](std::string_view fresh) { tell(part, fresh); });
      return;
    }
    all.settle([&](std::string_view fresh) { tell(part, fresh); });
    part.whole(text, [&](std::string_view fresh) { tell(all, fresh); });
  }

  void rest_of(event::kind k, running_text& all, std::string_view text, std::vector<event>& out) {
    all.whole(text, [&](std::string_view fresh) { give(k, fresh, out); });
  }

  void give(event::kind k, std::string_view fresh, std::vector<event>& out) {
    writer_.fresh(k, writer_.slot_of(0), fresh, out);
  }

  void put_odds(const codec::node& v, std::size_t first, std::vector<event>& out) {
    const auto* odds = codec::array_at(v, "logprobs");
    if (!odds || odds->empty() || out.size() == first || !out.back().is(event::kind::text))
      return;
    event::details more;
    if (const auto* before = out.back().more())
      more = *before;
    for (auto& t : read_tokens(*odds))
      more.logprobs.push_back(std::move(t));
    out.back() = event(event::kind::text, out.back().content(), 0, shared(std::move(more)));
  }

  static std::string_view call_type(std::string_view event_type) noexcept {
    return event_type.starts_with("response.custom") ? "custom_tool_call" : "function_call";
  }

  // The call of a piece, started if necessary.
  std::uint32_t call_of(const codec::node& v, std::string_view type, std::vector<event>& out) {
    auto& i = items_.of_piece(v, type);
    if (!i.call)
      i.call = begin_call({}, codec::string_at(v, "name").value_or(""), {}, out);
    return *i.call;
  }

  static usage counted(const codec::node& v) {
    usage u;
    u.prompt_tokens = codec::uint_at(v, "input_tokens");
    u.completion_tokens = codec::uint_at(v, "output_tokens");
    u.total_tokens = codec::uint_at(v, "total_tokens");
    u.cost = codec::number_at(v, "cost");
    prompt_parts in;
    if (const auto* details = codec::find(v, "input_tokens_details")) {
      u.cached_tokens = codec::uint_at(*details, "cached_tokens");
      u.cache_write_tokens = codec::uint_at(*details, "cache_write_tokens");
      in.audio = codec::uint_at(*details, "audio_tokens");
      in.image = codec::uint_at(*details, "image_tokens");
    }
    in.read = u.cached_tokens;
    in.write_other = u.cache_write_tokens;
    split_prompt(u, u.prompt_tokens, in);
    output_parts parts;
    if (const auto* details = codec::find(v, "output_tokens_details")) {
      u.reasoning_tokens = codec::uint_at(*details, "reasoning_tokens");
      parts.audio = codec::uint_at(*details, "audio_tokens");
      parts.image = codec::uint_at(*details, "image_tokens");
    }
    parts.reasoning = u.reasoning_tokens;
    split_output(u, u.completion_tokens, parts);
    return u;
  }

  response_items items_;
};

} // namespace

std::unique_ptr<decoder> make_responses_decoder(std::size_t) { return std::make_unique<responses_decoder>(); }

} // namespace weir::inline v0::provider
