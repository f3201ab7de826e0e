// What the decoders of the dialects that are not OpenAI's completions share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json.hpp"
#include "provider/dialect.hpp"
#include "provider/errors.hpp"

namespace weir::provider {

/// A decoder of events that are JSON objects each. The derived class says what an object means.
class object_decoder : public decoder {
public:
  void on_event(const codec::sse_event& frame, std::vector<event>& out) override;
  void on_body(std::string_view body, std::vector<event>& out) final;
  bool done() const noexcept final { return done_; }
  outcome result() const noexcept final;
  const failure& failed() const noexcept final { return failed_; }
  const answer_info& info() const noexcept final { return info_; }

protected:
  /// An event that is no error.
  virtual void read_event(const codec::json::value& v, std::vector<event>& out) = 0;
  /// A whole answer that is no error; false if it is no answer at all.
  virtual bool read_answer(const codec::json::value& v, std::vector<event>& out) = 0;
  /// Whether nothing is missing if the stream ends here.
  virtual bool whole() const noexcept { return done_; }

  /// A piece of the answer; nothing for an empty one.
  void say(event::kind k, std::string_view text, std::vector<event>& out);
  /// The same from a member that may be absent.
  void say(event::kind k, const codec::json::value& v, std::string_view key, std::vector<event>& out);
  /// The first piece of a call: \returns its place, for more_of_call().
  std::uint32_t begin_call(std::string id, std::string_view name, std::string arguments, std::vector<event>& out);
  void more_of_call(std::uint32_t at, std::string_view arguments, std::vector<event>& out);
  std::uint32_t calls() const noexcept { return calls_; }
  void finish(std::string_view reason, outcome meant, std::vector<event>& out);
  void report(const usage& counts, std::vector<event>& out);
  void end() noexcept { done_ = true; }
  void fail(const remote_error& e) { failed_ = in_band_failure(e, tokens_seen_); }
  bool tokens_seen() const noexcept { return tokens_seen_; }

  answer_info info_;

private:
  bool done_ = false;
  bool tokens_seen_ = false;
  std::uint32_t calls_ = 0;
  outcome outcome_ = outcome::complete;
  usage reported_;
  failure failed_;
};

/// Takes over a member that is a string, unless there is one already.
void keep_first(std::string& kept, const codec::json::value& v, std::string_view key);
/// The sum of what is known; empty if nothing is.
std::optional<std::uint64_t> sum_of(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b) noexcept;
/// Prompt and answer together where both are known and the provider does not say it.
void put_total(usage& u) noexcept;

} // namespace weir::provider
