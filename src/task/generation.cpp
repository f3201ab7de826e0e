#include <weir/task/text_generation.hpp>

namespace weir {

void generation::add(const event& e) {
  if (e.is(event::kind::usage)) {
    if (const auto* reported = e.usage())
      usage.merge(*reported);
    return;
  }
  if (e.choice() != 0)
    return;
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
  // The server's own text wins: with return_full_text it has the prompt, and it never has stop sequences' halves.
  if (more->generated_text)
    sequence.text = *more->generated_text;
  sequence.seed = more->seed;
  sequence.input_length = more->input_length;
  sequence.generated_tokens = more->generated_tokens;
}

} // namespace weir
