// What all decoders share: events that are JSON objects, errors among them, and what counts as an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/json.hpp"
#include "provider/answer/answer_writer.hpp"
#include "provider/answer/finish_words.hpp"
#include "provider/answer/pair_joiner.hpp"
#include "provider/dialect.hpp"
#include "provider/response/errors.hpp"

namespace weir::provider {

/// A decoder of events that are JSON objects each. The derived class says what an object means; it never sees what
/// carries nothing, what only keeps the connection open, and what is an error in whatever envelope.
///
/// An answer is whole once its end has come and either a finish reason said what kind of end, or a text, a call or the
/// like came: a terminal signal behind nothing, or a finish reason that weir does not know, is no success by itself.
class object_decoder : public decoder {
public:
  void on_event(const codec::sse_event& frame, std::vector<event>& out) override;
  void on_body(std::string_view body, std::vector<event>& out) final;
  void on_end(std::vector<event>& out) final;
  bool done() const noexcept final { return done_; }
  outcome result() const noexcept final;
  const failure& failed() const noexcept final { return failed_; }
  const answer_info& info() const noexcept final { return info_; }

protected:
  /// An event that is no error.
  virtual void read_event(const codec::json::value& v, std::vector<event>& out) = 0;
  /// A whole answer that is no error; false if it is no answer at all.
  virtual bool read_answer(const codec::json::value& v, std::vector<event>& out) = 0;
  /// A whole answer that is a list: of events, unless the dialect knows better. False if it is no answer.
  virtual bool read_list(const codec::json::array& list, std::vector<event>& out);
  /// Whether an event holds a whole answer, as of servers and gateways that wrap what does not stream.
  virtual bool is_answer(const codec::json::value&) const { return false; }
  /// Whether nothing is missing if the stream ends here.
  virtual bool whole() const noexcept { return done_; }
  /// Whether an event of this name may be a part of the answer; others may hold anything.
  virtual bool is_own(std::string_view event_type) const noexcept;
  /// `[DONE]`: the end of the stream where the answer's own end has come.
  virtual void on_done_mark();
  /// What an event is called: by its member `type`, or where it has none by its name in the stream.
  std::string_view type_of(const codec::json::value& v) const noexcept;
  /// Nothing follows: gives what the dialect has held back.
  virtual void close(std::vector<event>&) {}

  /// A piece of the answer; nothing for an empty one.
  void say(event::kind k, std::string_view text, std::vector<event>& out, std::size_t slot = 0);
  /// The same from a member that may be absent.
  void say(event::kind k, const codec::json::value& v, std::string_view key, std::vector<event>& out);
  /// A whole text, of which some may have come in pieces.
  void say_whole(event::kind k, std::string_view text, std::vector<event>& out);
  /// A new call: \returns its place, for more_of_call().
  std::uint32_t begin_call(std::string id, std::string_view name, std::string arguments, std::vector<event>& out);
  void more_of_call(std::uint32_t at, std::string_view arguments, std::vector<event>& out);
  /// All that is known of a call, of which some may have come in pieces.
  void whole_call(std::uint32_t at, call_piece all, std::vector<event>& out);
  std::uint32_t calls();
  /// A picture or a sound in base64 (of `type`, where it is known) or at a URL.
  void show(std::string_view base64_or_url, std::string_view type, std::vector<event>& out, std::size_t slot = 0,
            std::string_view id = {});
  /// The slot of a choice; fails where there are too many.
  std::size_t slot_of(std::uint64_t choice);
  /// The answer's end, or a choice's: a word that means failure is one, with the provider's `words`.
  void finish(std::string_view reason, std::vector<event>& out, std::size_t slot = 0,
              std::optional<std::uint64_t> seed = std::nullopt, std::string_view words = {});
  /// The same where the protocol says what the word means.
  void finish_as(ending meant, std::string_view reason, std::vector<event>& out, std::size_t slot = 0,
                 std::optional<std::uint64_t> seed = std::nullopt, std::string_view words = {});
  void report(const usage& counts, std::vector<event>& out) { writer_.report(counts, out); }
  void end() noexcept { done_ = true; }
  bool has_finished() const noexcept { return finish_known_ || !unknown_reason_.empty(); }
  void fail(remote_error e);
  void fail(errc code, std::string message) { failed_ = failure(code, std::move(message)); }
  void remark(std::string_view what);

  bool mended() const noexcept { return mended_; }

  answer_info info_;
  answer_writer writer_;

private:
  void read(const codec::json::value& v, const codec::sse_event& frame, std::vector<event>& out);
  void on_odd_event(const codec::sse_event& frame, std::vector<event>& out);
  bool read_lines(const codec::sse_event& frame, std::vector<event>& out);
  bool read_objects(std::string_view text, std::vector<event>& out);
  void settle(std::vector<event>& out);
  void check_answered();

  bool done_ = false;
  bool mended_ = false; // an event was: what is said from then on may have halves of characters
  bool closed_ = false;
  bool finish_known_ = false;  // a finish reason that weir knows was seen
  std::string unknown_reason_; // the first that it does not
  outcome outcome_ = outcome::complete;
  std::optional<remote_error> suspect_; // words that are an error if nothing better follows
  std::optional<remote_error> foreign_; // of an event that is no piece of an answer: they may be why there is no more
  std::string_view event_name_;         // of the event that is read
  failure failed_;
  pair_joiner pairs_;
};

/// Of a text that says nothing weir knows, this much is shown.
inline constexpr std::size_t excerpt_size = 500;
/// Without the blanks around it.
std::string_view trimmed(std::string_view text) noexcept;
/// Takes over a member that is a string, unless there is one already.
void keep_first(std::string& kept, const codec::json::value& v, std::string_view key);
/// The sum of what is known; empty if nothing is.
std::optional<std::uint64_t> sum_of(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b) noexcept;
/// Prompt and answer together where both are known and the provider does not say it.
void put_total(usage& u) noexcept;
/// Arguments are text for the caller to parse; some servers send the object itself.
std::string arguments_text(const codec::json::value* v);
/// A call as most dialects have it: an id, a name, arguments as they are.
call_piece whole_piece(std::string_view id, std::string_view name, std::string_view arguments);
/// What an error says, or the beginning of its text where it says nothing.
remote_error words_of(const codec::json::value& v, std::string_view text);

} // namespace weir::provider
