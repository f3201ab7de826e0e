#include "provider/chat/native/gemini_decode.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "provider/answer/units.hpp"
#include "provider/chat/dialect_decode.hpp"
#include "provider/response/error_words.hpp"
#include "provider/tasks/json_path.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

// The JSON form of protocol buffers also permits the names from the definition (`finish_reason`), and some gateways use
// them. `key` is in lower case, without `_`.
std::string_view text_at(const codec::node& v, std::string_view key) noexcept {
  const auto* found = loose_find(v, key);
  return found && found->is_string() ? found->get_string() : std::string_view();
}

bool flag_at(const codec::node& v, std::string_view key) noexcept {
  const auto* found = loose_find(v, key);
  return found && found->is_bool() && found->get_bool();
}

const codec::node* list_at(const codec::node& v, std::string_view key) noexcept {
  const auto* found = loose_find(v, key);
  return found && found->is_array() ? found : nullptr;
}

std::optional<std::uint64_t> count_at(const codec::node& v, std::string_view key) noexcept {
  if (v.is_object())
    for (const auto member : v.members())
      if (same_name(member.key(), key))
        return codec::uint_of(member.value());
  return std::nullopt;
}

// A call whose arguments arrive piece by piece, each with the path it belongs to.
class growing_call {
public:
  growing_call() = default;
  std::string id, name, signature;
  json::value args = json::object();
  std::string open_text; // the path of a string that continues
  std::size_t slot = 0;

  void add(const codec::node& piece) {
    const auto path = text_at(piece, "jsonpath");
    auto* place = place_at(args, path);
    if (!place)
      return;
    if (const auto* text = loose_find(piece, "stringvalue"); text && text->is_string()) {
      if (open_text == path && place->is_string())
        place->get_string().append(text->get_string());
      else
        *place = text->get_string();
    } else {
      *place = nullptr;
      for (const auto* key : {"numbervalue", "boolvalue"})
        if (const auto* v = loose_find(piece, key))
          *place = codec::to_value(*v);
    }
    open_text = flag_at(piece, "willcontinue") ? path : std::string_view();
  }
};

class gemini_decoder final : public object_decoder {
private:
  void read_event(const codec::node& v, std::vector<event>& out) override {
    // Google's Code Assist API wraps everything.
    if (const auto* inner = codec::find(v, "response"); inner && inner->is_object() && !codec::find(v, "candidates"))
      return read_event(*inner, out);
    keep_first(info_.id, v, "responseId");
    keep_first(info_.model, v, "modelVersion");
    if (const auto* feedback = loose_find(v, "promptfeedback"))
      if (const auto reason = text_at(*feedback, "blockreason"); !reason.empty() && !has_finished())
        finish_as(ending::filtered, reason, out);
    if (const auto* candidates = codec::array_at(v, "candidates"))
      read_candidates(*candidates, out);
    // Every event counts anew; only the last count is final.
    if (const auto* counts = loose_find(v, "usagemetadata")) {
      counts_ = counted(*counts);
      info_.service_tier = tier_of(*counts);
    }
    if (has_finished() && !failed())
      report(counts_, out);
  }

  bool read_answer(const codec::node& v, std::vector<event>& out) override {
    read_event(v, out);
    return has_finished() || failed() || writer_.said();
  }

  // The form of a stream that was not requested as server-sent events.
  bool read_list(const codec::node& list, std::vector<event>& out) override {
    object_decoder::read_list(list, out);
    return has_finished() || failed();
  }

  bool whole() const noexcept override { return done() || has_finished(); }

  void read_candidates(const codec::node& all, std::vector<event>& out) {
    std::size_t position = 0;
    for (const auto& candidate : all.elements())
      if (!failed())
        read_candidate(candidate, position++, out);
  }

  void read_candidate(const codec::node& candidate, std::size_t position, std::vector<event>& out) {
    const auto slot = slot_of(codec::uint_at(candidate, "index").value_or(position));
    if (failed())
      return;
    if (const auto* content = codec::find(candidate, "content"))
      if (const auto* parts = codec::array_at(*content, "parts"))
        for (const auto& part : parts->elements())
          read_part(part, slot, out);
    const auto reason = text_at(candidate, "finishreason");
    if (reason.empty() || reason == "FINISH_REASON_UNSPECIFIED" || writer_.finished(slot))
      return;
    end_call(out);
    finish(reason, out, slot, std::nullopt, text_at(candidate, "finishmessage"));
  }

  void read_part(const codec::node& part, std::size_t slot, std::vector<event>& out) {
    if (const auto* call = loose_find(part, "functioncall")) {
      read_call(part, *call, slot, out);
      return;
    }
    end_call(out);
    if (const auto* data = loose_find(part, "inlinedata"))
      show(codec::string_at(*data, "data").value_or(""), text_at(*data, "mimetype"), out, slot);
    if (const auto* file = loose_find(part, "filedata"))
      show(text_at(*file, "fileuri"), {}, out, slot);
    const bool thought = codec::bool_at(part, "thought").value_or(false);
    say(thought ? event::kind::reasoning : event::kind::text, codec::string_at(part, "text").value_or(""), out, slot);
  }

  void read_call(const codec::node& part, const codec::node& call, std::size_t slot, std::vector<event>& out) {
    const auto name = codec::string_at(call, "name").value_or("");
    const auto* pieces = list_at(call, "partialargs");
    const bool goes_on = flag_at(call, "willcontinue");
    if (!name.empty())
      end_call(out);
    if (!growing_) {
      if (name.empty())
        return; // the end of a call that has already ended
      growing_.emplace().name = name;
      growing_->slot = slot;
    }
    auto& g = *growing_;
    if (g.id.empty())
      g.id = codec::string_at(call, "id").value_or("");
    if (g.signature.empty())
      g.signature = text_at(part, "thoughtsignature");
    if (const auto* args = codec::find(call, "args"))
      g.args = codec::to_value(*args);
    if (pieces)
      for (const auto& p : pieces->elements())
        g.add(p);
    if (!goes_on)
      end_call(out);
  }

  void end_call(std::vector<event>& out) {
    if (!growing_)
      return;
    const auto g = *std::exchange(growing_, std::nullopt);
    auto& known = writer_.calls(g.slot);
    // Most calls have no id, and a result has to refer to its call.
    auto id = g.id.empty() ? "call_" + std::to_string(known.size()) : g.id;
    if (!g.signature.empty())
      id.append(1, signature_mark).append(g.signature);
    const auto arguments = codec::to_text(g.args);
    const auto p = whole_piece(id, g.name, arguments);
    const auto place = known.place_in_whole(p, known.size());
    if (place == merged_calls::none)
      fail(errc::malformed_event, "the answer has more than 1024 tool calls");
    else
      writer_.call(g.slot, place, p, answer_writer::naming::whole, false, out);
  }

  void close(std::vector<event>& out) override {
    end_call(out);
    report(counts_, out);
  }

  // Thinking tokens are counted separately there, and are part of the completion tokens here.
  static usage counted(const codec::node& v) {
    usage u;
    u.prompt_tokens = count_at(v, "prompttokencount");
    u.reasoning_tokens = count_at(v, "thoughtstokencount");
    u.completion_tokens = sum_of(count_at(v, "candidatestokencount"), u.reasoning_tokens);
    u.total_tokens = count_at(v, "totaltokencount");
    u.cached_tokens = count_at(v, "cachedcontenttokencount");
    // What the tools put into the prompt is counted separately, and charged as input.
    const auto cached = counts_by_modality(v, "cachetokensdetails");
    auto in = counts_by_modality(v, "prompttokensdetails");
    in.audio = without(in.audio, cached.audio);
    in.image = without(in.image, cached.image);
    in.video = without(in.video, cached.video);
    in.read = u.cached_tokens;
    split_prompt(u, sum_of(u.prompt_tokens, count_at(v, "tooluseprompttokencount")), in);
    const auto made = counts_by_modality(v, "candidatestokensdetails");
    output_parts parts;
    parts.reasoning = u.reasoning_tokens;
    parts.audio = made.audio;
    parts.image = made.image;
    split_output(u, u.completion_tokens, parts);
    return u;
  }

  static prompt_parts counts_by_modality(const codec::node& v, std::string_view key) {
    prompt_parts all;
    const auto* list = loose_find(v, key);
    if (!list || !list->is_array())
      return all;
    for (const auto& one : list->elements()) {
      const auto n = count_at(one, "tokencount");
      const auto what = text_at(one, "modality");
      auto* part = what == "AUDIO" ? &all.audio : what == "IMAGE" ? &all.image : what == "VIDEO" ? &all.video : nullptr;
      if (part && n)
        *part = sum_of(*part, n);
    }
    return all;
  }

  // The cached tokens are a unit of their own, whatever they are tokens of.
  static std::optional<std::uint64_t> without(std::optional<std::uint64_t> all, std::optional<std::uint64_t> cached) {
    return all && cached && *cached <= *all ? *all - *cached : all;
  }

  // `ON_DEMAND`, `ON_DEMAND_FLEX`, `PROVISIONED_THROUGHPUT`.
  static std::string tier_of(const codec::node& counts) {
    constexpr std::string_view usual = "on_demand";
    std::string tier(text_at(counts, "traffictype"));
    std::transform(tier.begin(), tier.end(), tier.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (tier.starts_with("on_demand_"))
      tier.erase(0, usual.size() + 1);
    return tier == usual ? "default" : tier;
  }

  std::optional<growing_call> growing_;
  usage counts_;
};

} // namespace

std::unique_ptr<decoder> make_gemini_decoder(std::size_t) { return std::make_unique<gemini_decoder>(); }

} // namespace weir::inline v0::provider
