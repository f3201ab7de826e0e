// Decodes OpenAI-compatible responses: chat and completions, streamed and not.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/node.hpp"
#include "provider/chat/dialect_decode.hpp"
#include "provider/chat/openai/chunk_template.hpp"
#include "provider/chat/openai/reasoning_details.hpp"

namespace weir::inline v0::provider {

/// Reads chunks and complete responses alike: a complete response is a chunk with `message` in place of
/// `delta`. Tolerates the deviations listed in docs/dialects.md, "OpenAI's chat, as vendors speak it".
class openai_decoder final : public object_decoder {
public:
  /// Whether a choice's text is in `delta.content` or in `text`. Some chat APIs send both.
  enum class api { chat, completions };

  explicit openai_decoder(api kind, std::size_t answers = 1) : kind_(kind), answers_(answers) {}

  void on_event(const codec::sse_event& frame, std::vector<event>& out) override;

private:
  /// A delta adds to the text; a message is all of it. A stream of messages only may be either.
  enum class form { delta, message };

  void read_event(const codec::node& v, std::vector<event>& out) override;
  bool read_answer(const codec::node& v, std::vector<event>& out) override;
  bool whole() const noexcept override { return done() || all_finished(); }
  void on_done_mark() override { end(); }
  void close(std::vector<event>& out) override { details_.emit(out); }

  void read_chunk(const codec::node& chunk, std::vector<event>& out);
  void keep_id(const codec::node& v);
  void keep_created(const codec::node& v);
  void read_choices(const codec::node& choices, std::vector<event>& out);
  void read_choice(const codec::node& choice, std::size_t slot, std::vector<event>& out);
  void read_body(const codec::node& body, form f, std::size_t slot, std::vector<event>& out);
  void read_content(const codec::node& v, form f, std::size_t slot, std::vector<event>& out);
  void read_part(const codec::node& part, std::size_t slot, std::string& text, std::string& reasoning,
                 std::vector<event>& out);
  void read_audio(const codec::node& v, form f, std::size_t slot, std::vector<event>& out);
  void read_calls(const codec::node& v, form f, std::size_t slot, std::vector<event>& out);
  void read_call(const codec::node& v, std::size_t position, std::size_t of, form f, std::size_t slot,
                 std::vector<event>& out);
  void read_old_call(const codec::node& v, form f, std::size_t slot, std::vector<event>& out);
  void read_filters(const codec::node& chunk, std::vector<event>& out);
  void put_odds(const codec::node& odds, std::size_t slot, std::size_t first, std::vector<event>& out);
  void tell(event::kind k, form f, std::string_view text, std::size_t slot, std::vector<event>& out);
  void note_loose(bool known, const codec::node& v) {
    if (known)
      loose_keys_.push_back(v.key());
  }
  void note_text(form f, const codec::node& v) noexcept { text_key_ = f == form::delta ? v.key() : std::string_view(); }
  bool all_finished() const noexcept;

  api kind_;
  std::size_t answers_;
  bool pieces_seen_ = false; // a delta arrived
  chunk_template usual_;
  reasoning_details details_;
  // In the chunk that is read, for the template: the key of its text, and of members that will not be looked at again.
  std::string_view text_key_;
  std::vector<std::string_view> loose_keys_;
};

/// A member as the text of an id: a string, or a number from old servers, which becomes text in `made`.
std::string_view id_text(const codec::node* v, std::string& made);

} // namespace weir::inline v0::provider
