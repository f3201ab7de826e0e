// generation::add(): assembles a text generation from its streamed events.
#include <weir/task/text_generation.hpp>

namespace weir::inline v0 {

namespace {

constexpr std::uint32_t max_further = 1024;

// A completions API gives the other answers as further choices.
void add_further(std::vector<generated_sequence>& others, const event& e) {
  const auto at = e.choice() - 1;
  if (at >= max_further || !(e.is(event::kind::text) || e.is(event::kind::finish)))
    return;
  if (at >= others.size())
    others.resize(at + 1);
  others[at].text += e.content();
  if (e.is(event::kind::finish))
    others[at].finish_reason = e.finish_reason();
}

} // namespace

void generation::add(const event& e) {
  if (e.is(event::kind::usage)) {
    if (const auto* reported = e.usage())
      usage.merge(*reported);
    return;
  }
  if (e.choice() != 0) {
    add_further(best_of, e);
    return;
  }
  if (e.is(event::kind::text))
    sequence.text += e.content();
  const auto* more = e.more();
  if (!more)
    return;
  if (more->token) {
    sequence.tokens.push_back(*more->token);
    if (!more->top_tokens.empty())
      sequence.top_tokens.push_back(more->top_tokens);
  }
  if (!e.is(event::kind::finish))
    return;
  sequence.finish_reason = more->finish_reason;
  // The server's own text wins: with return_full_text it includes the prompt, and it never includes parts of stop
  // sequences.
  if (more->generated_text)
    sequence.text = *more->generated_text;
  sequence.seed = more->seed;
  sequence.input_length = more->input_length;
  sequence.generated_tokens = more->generated_tokens;
}

} // namespace weir::inline v0
