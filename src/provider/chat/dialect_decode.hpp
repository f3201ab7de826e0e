// What all decoders share: events that are JSON objects, errors among them, and what counts as an answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json/node.hpp"
#include "provider/answer/answer_writer.hpp"
#include "provider/answer/finish_words.hpp"
#include "provider/answer/pair_joiner.hpp"
#include "provider/dialect.hpp"
#include "provider/response/errors.hpp"

namespace weir::inline v0::provider {

/// A decoder of events that are JSON objects. The derived class interprets the objects; it never sees empty events,
/// keep-alives or errors, whatever their envelope.
///
/// An answer is complete once its end has arrived, and either a finish reason gave its kind or it contains some text, a
/// call or similar: a terminal event after nothing, or a finish reason unknown to weir, is no success by itself.
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
  /// An event that is not an error.
  virtual void read_event(const codec::node& v, std::vector<event>& out) = 0;
  /// A complete response that is not an error; false if it is not an answer at all.
  virtual bool read_answer(const codec::node& v, std::vector<event>& out) = 0;
  /// A complete response that is a list: of events, unless the dialect knows better. False if it is not an answer.
  virtual bool read_list(const codec::node& list, std::vector<event>& out);
  /// Whether an event holds a complete answer, from servers and gateways that wrap what they cannot stream.
  virtual bool is_answer(const codec::node&) const { return false; }
  /// Whether the answer is complete if the stream ends here.
  virtual bool whole() const noexcept { return done_; }
  /// Whether an event of this name can be part of the answer; others may hold anything.
  virtual bool is_own(std::string_view event_type) const noexcept;
  /// `[DONE]`: the end of the stream, once the answer's own end has arrived.
  virtual void on_done_mark();
  /// The type of an event: its member `type`, or its name in the stream if it has none.
  std::string_view type_of(const codec::node& v) const noexcept;
  /// Nothing follows: emits what the dialect has held back.
  virtual void close(std::vector<event>&) {}

  /// A piece of the answer; does nothing for an empty one.
  void say(event::kind k, std::string_view text, std::vector<event>& out, std::size_t slot = 0);
  /// The same from a member that may be absent.
  void say(event::kind k, const codec::node& v, std::string_view key, std::vector<event>& out);
  /// A complete text, some of which may have arrived in pieces.
  void say_whole(event::kind k, std::string_view text, std::vector<event>& out);
  /// A new call. \returns its place, for more_of_call().
  std::uint32_t begin_call(std::string_view id, std::string_view name, std::string_view arguments,
                           std::vector<event>& out);
  void more_of_call(std::uint32_t at, std::string_view arguments, std::vector<event>& out);
  /// All that is known of a call, some of which may have arrived in pieces.
  void whole_call(std::uint32_t at, const call_piece& all, std::vector<event>& out);
  std::uint32_t calls();
  /// An image or audio in base64 (of `type`, if known) or at a URL.
  void show(std::string_view base64_or_url, std::string_view type, std::vector<event>& out, std::size_t slot = 0,
            std::string_view id = {});
  /// The slot of a choice; fails if there are too many.
  std::size_t slot_of(std::uint64_t choice);
  /// The end of the answer or of a choice: a reason that means failure fails it, with the provider's message in
  /// `words`.
  void finish(std::string_view reason, std::vector<event>& out, std::size_t slot = 0,
              std::optional<std::uint64_t> seed = std::nullopt, std::string_view words = {});
  /// The same where the protocol defines what the reason means.
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
  void read(const codec::node& v, const codec::sse_event& frame, std::vector<event>& out);
  bool is_wrong(std::string_view event_type);
  void on_odd_event(const codec::sse_event& frame, std::vector<event>& out);
  bool read_lines(const codec::sse_event& frame, std::vector<event>& out);
  bool read_objects(std::string_view text, std::vector<event>& out);
  void settle(std::vector<event>& out);
  void check_answered();

  bool done_ = false;
  bool mended_ = false; // an event was repaired: text from then on may contain lone surrogates
  bool closed_ = false;
  bool finish_known_ = false;  // a finish reason that weir knows was seen
  std::string unknown_reason_; // the first one that it does not know
  outcome outcome_ = outcome::complete;
  std::optional<remote_error> suspect_; // a message that is an error if nothing better follows
  std::optional<remote_error> foreign_; // from an event that is not part of an answer: it may be why the answer ended
  std::string_view event_name_;         // of the event being read
  std::string harmless_;                // the name of the last event that was named, and not an error's
  failure failed_;
  pair_joiner pairs_;
};

/// How much is shown of a text that weir cannot interpret.
inline constexpr std::size_t excerpt_size = 500;
/// Takes a member that is a string, unless a value was already kept.
void keep_first(std::string& kept, const codec::node& v, std::string_view key);
/// The sum of the known counts; empty if neither is known.
std::optional<std::uint64_t> sum_of(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b) noexcept;
/// Sets the total to prompt plus completion if both are known and the provider sent no total.
void put_total(usage& u) noexcept;
/// Arguments are text for the caller to parse; some servers send an object instead, which becomes text in `made`.
std::string_view arguments_text(const codec::node* v, std::string& made);
/// A call as most dialects have it: an id, a name, complete arguments.
call_piece whole_piece(std::string_view id, std::string_view name, std::string_view arguments);
/// The message of an error, or the beginning of its text if it has none.
remote_error words_of(const codec::node& v, std::string_view text);
remote_error words_of(const codec::json::value& v, std::string_view text);

} // namespace weir::inline v0::provider
