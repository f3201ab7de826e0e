// Decodes OpenAI-compatible answers: chat and completions, streamed and whole.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json.hpp"
#include "provider/chunk_template.hpp"
#include "provider/dialect.hpp"
#include "provider/errors.hpp"

namespace weir::provider {

/// Reads chunks and whole answers alike: a whole answer is a chunk with `message` in place of
/// `delta`. Tolerates the deviations of facts §3.2 to §3.4.
class openai_decoder final : public decoder {
public:
  /// Whether a choice's text is in `delta.content` or in `text`. Some chat APIs send both.
  enum class api { chat, completions };

  explicit openai_decoder(api kind, std::size_t answers = 1) : kind_(kind), answers_(answers) {}

  void on_event(const codec::sse_event& frame, std::vector<event>& out) override;
  void on_body(std::string_view body, std::vector<event>& out) override;
  bool done() const noexcept override { return done_; }
  outcome result() const noexcept override;
  const failure& failed() const noexcept override { return failed_; }
  const answer_info& info() const noexcept override { return info_; }

private:
  // A call as the wire names it; its place in the list is event::tool_index().
  class call {
  public:
    call() = default;
    std::uint64_t index = 0;
    std::string id;
  };
  class choice_state {
  public:
    choice_state() = default;
    std::uint32_t index = 0;
    bool finished = false;
    std::vector<call> calls;
  };

  void read_chunk(const codec::json::object& chunk, std::vector<event>& out);
  void read_choice(const codec::json::value& v, std::vector<event>& out);
  void read_delta(const codec::json::object& delta, bool whole, std::size_t choice, std::vector<event>& out);
  void read_content(const codec::json::value& v, std::uint32_t choice, std::vector<event>& out);
  void read_call(const codec::json::value& v, bool whole, std::size_t choice, std::vector<event>& out);
  void read_finish(const codec::json::value& choice, std::string_view reason, std::size_t at, std::vector<event>& out);
  void report(const codec::json::value& counts, std::vector<event>& out);
  void piece(event::kind k, const codec::json::value& v, std::uint32_t choice, std::vector<event>& out);
  std::size_t choice_at(std::uint64_t index);
  std::size_t call_at(choice_state& c, std::optional<std::uint64_t> index, std::string_view id, bool named, bool whole);
  bool all_finished() const noexcept;
  void fail(const remote_error& e);
  void fail(errc code, std::string message);

  api kind_;
  std::size_t answers_;
  bool done_ = false;
  bool tokens_seen_ = false;
  outcome finish_ = outcome::complete;
  std::vector<choice_state> choices_;
  usage reported_;
  answer_info info_;
  failure failed_;
  chunk_template usual_;
  std::string_view text_key_; // the member that held the last chunk's text
};

/// A member as the text of an id: a string, or a number as old servers send it.
std::string id_text(const codec::json::value* v);

} // namespace weir::provider
