// TGI's own answers (docs/providers.md, "Text Generation Inference"), and text generation over either protocol.
#include "codec/json/json.hpp"
#include "provider/answer/shared_details.hpp"
#include "provider/answer/units.hpp"
#include "provider/chat/common_encode.hpp"
#include "provider/chat/openai/openai_decode.hpp"
#include "provider/chat/openai/openai_parts.hpp"
#include "provider/response/errors.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

token_info read_token(const codec::node& v) {
  token_info t;
  t.id = codec::int_at(v, "id").value_or(0);
  t.text = codec::string_at(v, "text").value_or("");
  t.logprob = codec::number_at(v, "logprob");
  t.special = codec::bool_at(v, "special").value_or(false);
  return t;
}

std::vector<token_info> read_tokens(const codec::node* list) {
  std::vector<token_info> all;
  if (list)
    for (const auto& v : list->elements())
      all.push_back(read_token(v));
  return all;
}

std::vector<std::vector<token_info>> read_top_tokens(const codec::node* list) {
  std::vector<std::vector<token_info>> all;
  if (list)
    for (const auto& v : list->elements())
      all.push_back(read_tokens(v.is_array() ? &v : nullptr));
  return all;
}

void read_details(const codec::node& v, generated_sequence& s) {
  s.finish_reason = codec::string_at(v, "finish_reason").value_or("");
  s.generated_tokens = codec::uint_at(v, "generated_tokens");
  s.input_length = codec::uint_at(v, "input_length");
  s.seed = codec::uint_at(v, "seed");
  s.prefill = read_tokens(codec::array_at(v, "prefill"));
  s.tokens = read_tokens(codec::array_at(v, "tokens"));
  s.top_tokens = read_top_tokens(codec::array_at(v, "top_tokens"));
}

usage counts_of(std::optional<std::uint64_t> input, std::optional<std::uint64_t> generated) {
  usage u;
  u.prompt_tokens = input;
  u.completion_tokens = generated;
  if (input && generated)
    u.total_tokens = *input + *generated;
  split_prompt(u, input, prompt_parts());
  split_output(u, generated, output_parts());
  return u;
}

// `/generate` answers with the object, `/` and hf-inference with an array of it.
const codec::node* answer_of(const codec::node& body) noexcept {
  const auto* v = body.is_array() && !body.empty() ? &body.front() : &body;
  return codec::string_at(*v, "generated_text") ? v : nullptr;
}

class tgi_decoder final : public object_decoder {
private:
  void read_event(const codec::node& v, std::vector<event>& out) override {
    if (const auto* token = codec::find(v, "token"))
      give_token(*token, codec::array_at(v, "top_tokens"), out);
    if (const auto text = codec::string_at(v, "generated_text"))
      end_with(*text, v, out);
  }

  bool read_answer(const codec::node& v, std::vector<event>& out) override {
    const auto text = codec::string_at(v, "generated_text");
    if (text)
      end_with(*text, v, out);
    return text.has_value();
  }

  bool read_list(const codec::node& list, std::vector<event>& out) override {
    return !list.empty() && list.front().is_object() && read_answer(list.front(), out);
  }

  void give_token(const codec::node& v, const codec::node* top, std::vector<event>& out) {
    event::details more;
    more.token = read_token(v);
    more.top_tokens = read_tokens(top);
    // A special token, such as the end of text, is not part of the answer.
    auto text = more.token->special ? std::string() : more.token->text;
    out.emplace_back(event::kind::text, std::move(text), 0, shared(std::move(more)));
    if (!out.back().content().empty())
      writer_.note_said(event::kind::text);
  }

  void end_with(std::string_view text, const codec::node& v, std::vector<event>& out) {
    if (!writer_.said())
      say(event::kind::text, text, out);
    generated_sequence last;
    if (const auto* details = codec::find(v, "details"))
      read_details(*details, last);
    if (ending_of(last.finish_reason) == ending::failed) {
      finish(last.finish_reason, out);
      return;
    }
    // If no details were requested there is no reason, and the text marks the end.
    const auto first = out.size();
    finish(last.finish_reason.empty() ? std::string_view("stop") : std::string_view(last.finish_reason), out);
    event::details more;
    more.finish_reason = last.finish_reason;
    more.generated_text = std::string(text);
    more.seed = last.seed;
    more.input_length = last.input_length;
    more.generated_tokens = last.generated_tokens;
    if (out.size() > first)
      out.back() = event(event::kind::finish, std::string(), 0, shared(std::move(more)));
    report(counts_of(last.input_length, last.generated_tokens), out);
    end();
  }
};

void fail(generation& g, failure f) {
  g.outcome = outcome::in_band_error;
  g.failure = std::move(f);
}

generation decode_tgi(std::string_view body) {
  generation g;
  error_code ec;
  const auto tree = codec::parse_answer(body, ec);
  if (ec) {
    fail(g, failure(errc::unexpected_content, "the response is not JSON: check that the URL is an inference API"));
    return g;
  }
  codec::document document;
  document.assign(tree);
  const auto& parsed = document.root();
  const auto* answer = answer_of(parsed);
  if (!answer) {
    fail(g, in_band_failure(words_of(parsed, body), false));
    return g;
  }
  if (const auto* details = codec::find(*answer, "details")) {
    read_details(*details, g.sequence);
    if (const auto* others = codec::array_at(*details, "best_of_sequences"))
      for (const auto& v : others->elements()) {
        auto& s = g.best_of.emplace_back();
        read_details(v, s);
        s.text = codec::string_at(v, "generated_text").value_or("");
      }
    g.usage = counts_of(g.sequence.input_length, g.sequence.generated_tokens);
  }
  g.sequence.text = *codec::string_at(*answer, "generated_text");
  const auto ended = ending_of(g.sequence.finish_reason);
  g.outcome = outcome_of(ended);
  if (ended == ending::failed) {
    remote_error e;
    e.code = g.sequence.finish_reason;
    e.status = status_of_ending(e.code);
    e.message = "the answer ended with \"" + e.code + "\"";
    g.failure = in_band_failure(e, !g.sequence.text.empty());
  }
  return g;
}

openai_decoder::api openai_form(const route& to) {
  return vendor_of(to).generation == generation_form::chat ? openai_decoder::api::chat
                                                           : openai_decoder::api::completions;
}

} // namespace

std::unique_ptr<decoder> generation_decoder(const route& to) {
  if (vendor_of(to).generation == generation_form::tgi)
    return std::make_unique<tgi_decoder>();
  return std::make_unique<openai_decoder>(openai_form(to));
}

generation decode_generation(const route& to, std::string_view body) {
  if (vendor_of(to).generation == generation_form::tgi)
    return decode_tgi(body);
  openai_decoder decoder(openai_form(to));
  std::vector<event> events;
  decoder.on_body(body, events);
  generation g;
  for (const auto& e : events)
    g.add(e);
  g.outcome = decoder.result();
  g.failure = decoder.failed();
  return g;
}

} // namespace weir::inline v0::provider
