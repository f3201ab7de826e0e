#include "provider/chat/native/anthropic_decode.hpp"

#include <map>
#include <utility>

#include "provider/answer/units.hpp"
#include "provider/chat/dialect_decode.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

constexpr std::string_view no_input = "{}";
// Of a block of reasoning: a longer one cannot be sent back.
constexpr std::size_t max_thinking = std::size_t{8} << 20;

class messages_decoder final : public object_decoder {
private:
  class block {
  public:
    block() = default;
    std::uint64_t index = 0;
    std::uint32_t call = 0;
    std::string input; // from the start of the block, in case no piece follows
    bool open = true;
    bool given = false;
  };

  class thought {
  public:
    thought() = default;
    std::string text, signature;
  };

  void read_event(const codec::node& v, std::vector<event>& out) override {
    const auto type = type_of(v);
    const auto index = codec::uint_at(v, "index").value_or(0);
    if (type == "content_block_delta") {
      if (const auto* delta = codec::find(v, "delta"))
        read_delta(index, *delta, out);
    } else if (type == "content_block_start") {
      if (const auto* content = codec::find(v, "content_block"))
        begin_block(index, *content, out);
    } else if (type == "content_block_stop") {
      end_thinking(index, out);
      if (auto* b = block_at(index))
        stop_block(*b, out);
    } else if (type == "message_start") {
      if (const auto* message = codec::find(v, "message"))
        begin_message(*message, out);
    } else if (type == "message_delta") {
      read_counts(v);
      if (const auto* delta = codec::find(v, "delta"))
        read_stop(*delta, out);
      report(counted(), out);
    } else if (type == "message_stop") {
      end();
    } else if (type != "ping") {
      remark("skipped events of an unknown type");
    }
  }

  bool read_answer(const codec::node& v, std::vector<event>& out) override {
    if (!codec::array_at(v, "content") && !codec::string_at(v, "content"))
      return false;
    read_head(v);
    read_content(v, out);
    read_stop(v, out);
    report(counted(), out);
    return true;
  }

  bool is_answer(const codec::node& v) const override {
    return codec::string_at(v, "type") == "message" && codec::find(v, "content");
  }

  // Nothing follows the stop reason.
  bool whole() const noexcept override { return done() || has_finished(); }

  bool is_own(std::string_view type) const noexcept override {
    return object_decoder::is_own(type) || type.starts_with("message_") || type.starts_with("content_block_");
  }

  void close(std::vector<event>& out) override {
    // Without its stop a block may be cut off.
    thoughts_.clear();
    for (auto& b : blocks_)
      give_input(b, out);
    blocks_.clear();
  }

  // Proxies send a message start of their own before the provider's, or a second one after it: its blocks are counted
  // from 0 again.
  void begin_message(const codec::node& message, std::vector<event>& out) {
    close(out);
    read_head(message);
    if (!writer_.said())
      read_content(message, out);
  }

  void read_content(const codec::node& v, std::vector<event>& out) {
    say(event::kind::text, v, "content", out);
    const auto* content = codec::array_at(v, "content");
    if (!content)
      return;
    std::size_t i = 0;
    for (const auto& part : content->elements()) {
      const auto type = codec::string_at(part, "type");
      if (type == "tool_use")
        begin_call(codec::string_at(part, "id").value_or(""), codec::string_at(part, "name").value_or(""),
                   input_text(part), out);
      else
        say_block(i, part, out);
      end_thinking(i++, out);
    }
  }

  void say_block(std::uint64_t index, const codec::node& content, std::vector<event>& out) {
    const auto type = codec::string_at(content, "type");
    if (type == "thinking")
      think(index, content, out);
    else if (type == "redacted_thinking")
      out.emplace_back(event::kind::reasoning_block, codec::to_text(content));
    else if (type == "text")
      say(event::kind::text, content, "text", out);
    else if (const auto* source = codec::find(content, "source"); type == "image" && source)
      show(codec::string_at(*source, "data").value_or(codec::string_at(*source, "url").value_or("")),
           codec::string_at(*source, "media_type").value_or(""), out);
  }

  void think(std::uint64_t index, const codec::node& from, std::vector<event>& out) {
    say(event::kind::reasoning, from, "thinking", out);
    auto& t = thoughts_[index];
    if (t.text.size() <= max_thinking)
      t.text += codec::string_at(from, "thinking").value_or("");
    if (t.signature.size() <= max_thinking)
      t.signature += codec::string_at(from, "signature").value_or("");
  }

  // The API refuses reasoning that comes back without its signature, and a signature without all of its text.
  void end_thinking(std::uint64_t index, std::vector<event>& out) {
    const auto found = thoughts_.find(index);
    if (found == thoughts_.end())
      return;
    const auto& t = found->second;
    if (!t.signature.empty() && t.text.size() <= max_thinking && t.signature.size() <= max_thinking)
      out.emplace_back(
          event::kind::reasoning_block,
          codec::to_text(json::object{{"type", "thinking"}, {"thinking", t.text}, {"signature", t.signature}}));
    thoughts_.erase(found);
  }

  // A gateway may leave out the ends of blocks, but nothing of one is missing before the next one of the same index,
  // or the end of the answer.
  void end_all_thinking(std::vector<event>& out) {
    while (!thoughts_.empty())
      end_thinking(thoughts_.begin()->first, out);
  }

  void begin_block(std::uint64_t index, const codec::node& content, std::vector<event>& out) {
    end_thinking(index, out);
    if (auto* b = block_at(index))
      stop_block(*b, out);
    if (codec::string_at(content, "type") != "tool_use") {
      say_block(index, content, out);
      return;
    }
    block b;
    b.index = index;
    b.input = input_text(content);
    b.call = begin_call(codec::string_at(content, "id").value_or(""), codec::string_at(content, "name").value_or(""),
                        {}, out);
    blocks_.push_back(std::move(b));
  }

  // No piece arrived between its start and its stop. Some gateways close a block and then continue it, so only the end
  // shows that a call has no arguments.
  void stop_block(block& b, std::vector<event>& out) {
    b.open = false;
    if (b.input != no_input)
      give_input(b, out);
  }

  void give_input(block& b, std::vector<event>& out) {
    if (!std::exchange(b.given, true))
      more_of_call(b.call, b.input, out);
  }

  void read_delta(std::uint64_t index, const codec::node& delta, std::vector<event>& out) {
    const auto type = codec::string_at(delta, "type");
    if (type == "text_delta") {
      say(event::kind::text, delta, "text", out);
    } else if (type == "thinking_delta" || type == "signature_delta") {
      think(index, delta, out);
    } else if (type == "input_json_delta") {
      // Those of a tool that runs at the provider have no block here.
      const auto piece = codec::string_at(delta, "partial_json").value_or("");
      auto* b = block_at(index);
      // Gateways close a block and then continue it.
      if (!b && !blocks_.empty() && blocks_.back().index == index)
        b = &blocks_.back();
      if (b && !piece.empty()) {
        b->given = true;
        more_of_call(b->call, piece, out);
      }
    }
  }

  void read_head(const codec::node& message) {
    keep_first(info_.id, message, "id");
    keep_first(info_.model, message, "model");
    read_counts(message);
  }

  void read_stop(const codec::node& v, std::vector<event>& out) {
    if (const auto reason = codec::string_at(v, "stop_reason")) {
      end_all_thinking(out);
      finish(*reason, out);
    }
  }

  static void take(std::optional<std::uint64_t>& kept, const codec::node& from, std::string_view key) {
    if (const auto n = codec::uint_at(from, key); n && (*n != 0 || !kept))
      kept = n;
  }

  // Counts are cumulative, and the last event repeats only some of them, or sends 0 for what was counted before.
  void read_counts(const codec::node& v) {
    const auto* counts = codec::find(v, "usage");
    if (!counts)
      return;
    take(input_, *counts, "input_tokens");
    take(read_, *counts, "cache_read_input_tokens");
    take(written_, *counts, "cache_creation_input_tokens");
    take(output_, *counts, "output_tokens");
    if (const auto* lives = codec::find(*counts, "cache_creation")) {
      take(written_5m_, *lives, "ephemeral_5m_input_tokens");
      take(written_1h_, *lives, "ephemeral_1h_input_tokens");
    }
    if (const auto* details = codec::find(*counts, "output_tokens_details"))
      take(thinking_tokens_, *details, "thinking_tokens");
    if (const auto* tools = codec::find(*counts, "server_tool_use"))
      take(searches_, *tools, "web_search_requests");
    keep_first(info_.service_tier, *counts, "service_tier");
    keep_first(info_.speed, *counts, "speed");
  }

  static std::optional<std::uint64_t> difference(std::optional<std::uint64_t> whole,
                                                 std::optional<std::uint64_t> part) {
    return whole && *whole >= part.value_or(0) ? std::optional(*whole - part.value_or(0)) : std::nullopt;
  }

  // The uncached input is only part of the prompt.
  usage counted() const {
    usage u;
    u.prompt_tokens = sum_of(sum_of(input_, read_), written_);
    u.completion_tokens = output_;
    u.cached_tokens = read_;
    u.cache_write_tokens = written_;
    u.reasoning_tokens = thinking_tokens_;
    put_total(u);
    prompt_parts in;
    in.read = read_;
    in.write_1h = written_1h_;
    // Five minutes is the API's default: what is not said to be for an hour is for that.
    in.write_5m = written_5m_ ? written_5m_ : difference(written_, written_1h_);
    split_prompt(u, u.prompt_tokens, in);
    output_parts out;
    out.reasoning = thinking_tokens_;
    split_output(u, output_, out);
    u.units.set(usage_unit::searches, searches_);
    return u;
  }

  static std::string input_text(const codec::node& content) {
    const auto* input = codec::find(content, "input");
    std::string made;
    return std::string(input ? arguments_text(input, made) : no_input);
  }

  block* block_at(std::uint64_t index) noexcept {
    for (auto& b : blocks_)
      if (b.index == index && b.open)
        return &b;
    return nullptr;
  }

  std::vector<block> blocks_;
  std::map<std::uint64_t, thought> thoughts_; // the open blocks of reasoning, by index
  std::optional<std::uint64_t> input_, read_, written_, output_;
  std::optional<std::uint64_t> written_5m_, written_1h_, thinking_tokens_, searches_;
};

} // namespace

std::unique_ptr<decoder> make_anthropic_decoder(std::size_t) { return std::make_unique<messages_decoder>(); }

} // namespace weir::inline v0::provider
