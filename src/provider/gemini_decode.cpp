#include "provider/gemini_decode.hpp"

#include <optional>
#include <string>
#include <utility>

#include "provider/dialect_decode.hpp"
#include "provider/json_path.hpp"

namespace weir::provider {

namespace {

namespace json = codec::json;

// A call whose arguments come piece by piece, each with the place that it belongs to.
class growing_call {
public:
  growing_call() = default;
  std::string id, name, signature;
  json::value args = json::object();
  std::string open_text; // the path of a string that goes on
  std::size_t slot = 0;

  void add(const json::value& piece) {
    const auto path = codec::string_at(piece, "jsonPath").value_or("");
    auto* place = place_at(args, path);
    if (!place)
      return;
    if (const auto* text = codec::find(piece, "stringValue"); text && text->is_string()) {
      if (open_text == path && place->is_string())
        place->get_string().append(text->get_string());
      else
        *place = *text;
    } else {
      *place = nullptr;
      for (const auto* key : {"numberValue", "boolValue"})
        if (const auto* v = codec::find(piece, key))
          *place = *v;
    }
    open_text = codec::bool_at(piece, "willContinue").value_or(false) ? path : std::string_view();
  }
};

class gemini_decoder final : public object_decoder {
private:
  void read_event(const json::value& v, std::vector<event>& out) override {
    keep_first(info_.id, v, "responseId");
    keep_first(info_.model, v, "modelVersion");
    if (const auto* feedback = codec::find(v, "promptFeedback"))
      if (const auto reason = codec::string_at(*feedback, "blockReason"); reason && !has_finished())
        finish_as(ending::filtered, *reason, out);
    if (const auto* candidates = codec::array_at(v, "candidates"))
      for (std::size_t i = 0; i < candidates->size() && !failed(); ++i)
        read_candidate((*candidates)[i], i, out);
    // Every event counts anew; only the count of the last one is final.
    if (const auto* counts = codec::find(v, "usageMetadata"); counts && has_finished() && !failed())
      report(counted(*counts), out);
  }

  bool read_answer(const json::value& v, std::vector<event>& out) override {
    read_event(v, out);
    return has_finished() || failed() || writer_.said();
  }

  // The form of a stream that was not asked for as events.
  bool read_list(const json::array& list, std::vector<event>& out) override {
    for (const auto& v : list)
      if (!failed() && v.is_object())
        read_event(v, out);
    return has_finished() || failed();
  }

  bool whole() const noexcept override { return done() || has_finished(); }

  void read_candidate(const json::value& candidate, std::size_t position, std::vector<event>& out) {
    const auto slot = slot_of(codec::uint_at(candidate, "index").value_or(position));
    if (failed())
      return;
    if (const auto* content = codec::find(candidate, "content"))
      if (const auto* parts = codec::array_at(*content, "parts"))
        for (const auto& part : *parts)
          read_part(part, slot, out);
    const auto reason = codec::string_at(candidate, "finishReason");
    if (!reason || reason->empty() || writer_.finished(slot))
      return;
    end_call(out);
    finish(*reason, out, slot, std::nullopt, codec::string_at(candidate, "finishMessage").value_or(""));
  }

  void read_part(const json::value& part, std::size_t slot, std::vector<event>& out) {
    if (const auto* call = codec::find(part, "functionCall")) {
      read_call(part, *call, slot, out);
      return;
    }
    end_call(out);
    if (const auto* data = codec::find(part, "inlineData"))
      show(codec::string_at(*data, "data").value_or(""), codec::string_at(*data, "mimeType").value_or(""), out, slot);
    if (const auto* file = codec::find(part, "fileData"))
      show(codec::string_at(*file, "fileUri").value_or(""), {}, out, slot);
    const bool thought = codec::bool_at(part, "thought").value_or(false);
    say(thought ? event::kind::reasoning : event::kind::text, codec::string_at(part, "text").value_or(""), out, slot);
  }

  void read_call(const json::value& part, const json::value& call, std::size_t slot, std::vector<event>& out) {
    const auto name = codec::string_at(call, "name").value_or("");
    const auto* pieces = codec::array_at(call, "partialArgs");
    const bool goes_on = codec::bool_at(call, "willContinue").value_or(false);
    if (!name.empty())
      end_call(out);
    if (!growing_) {
      if (name.empty())
        return; // the end of a call that has ended
      growing_.emplace().name = name;
      growing_->slot = slot;
    }
    auto& g = *growing_;
    if (g.id.empty())
      g.id = codec::string_at(call, "id").value_or("");
    if (g.signature.empty())
      g.signature = codec::string_at(part, "thoughtSignature").value_or("");
    if (const auto* args = codec::find(call, "args"))
      g.args = *args;
    if (pieces)
      for (const auto& p : *pieces)
        g.add(p);
    if (!goes_on)
      end_call(out);
  }

  void end_call(std::vector<event>& out) {
    if (!growing_)
      return;
    const auto g = *std::exchange(growing_, std::nullopt);
    auto& known = writer_.calls(g.slot);
    // Most calls have no id, and a result has to name its call.
    auto id = g.id.empty() ? "call_" + std::to_string(known.size()) : g.id;
    if (!g.signature.empty())
      id.append(1, signature_mark).append(g.signature);
    const auto p = whole_piece(id, g.name, codec::to_text(g.args));
    const auto place = known.place_in_whole(p, known.size());
    if (place == merged_calls::none)
      fail(errc::malformed_event, "the answer has over 1024 tool calls");
    else
      writer_.call(g.slot, place, p, answer_writer::naming::whole, false, out);
  }

  void close(std::vector<event>& out) override { end_call(out); }

  // What is thought is counted apart there, and is a part of the answer's tokens here.
  static usage counted(const json::value& v) {
    usage u;
    u.prompt_tokens = codec::uint_at(v, "promptTokenCount");
    u.reasoning_tokens = codec::uint_at(v, "thoughtsTokenCount");
    u.completion_tokens = sum_of(codec::uint_at(v, "candidatesTokenCount"), u.reasoning_tokens);
    u.total_tokens = codec::uint_at(v, "totalTokenCount");
    u.cached_tokens = codec::uint_at(v, "cachedContentTokenCount");
    return u;
  }

  std::optional<growing_call> growing_;
};

} // namespace

std::unique_ptr<decoder> make_gemini_decoder(std::size_t) { return std::make_unique<gemini_decoder>(); }

} // namespace weir::provider
