#include "client/call/http_operation.hpp"

#include <algorithm>
#include <utility>

#include "client/transport/stream_body.hpp"
#include "codec/text/sniff.hpp"
#include "provider/offers.hpp"
#include "provider/response/redaction.hpp"

namespace weir::inline v0 {

namespace {

// Some servers answer with a stream, or lines of one, whatever the request says.
template <class Result>
Result joined(const provider::route& to, std::unique_ptr<provider::decoder> decoder, std::string_view body,
              Result all) {
  stream_body pieces("text/event-stream");
  std::vector<event> events;
  codec::sse_event frame;
  pieces.feed(body, body.size());
  while (!decoder->done() && !decoder->failed() && pieces.next(frame))
    decoder->on_event(frame, events);
  if (pieces.last(frame) && !decoder->done() && !decoder->failed())
    decoder->on_event(frame, events);
  decoder->on_end(events);
  for (const auto& e : events)
    all.add(e);
  all.outcome = decoder->result();
  all.failure = decoder->failed();
  if (all.outcome == outcome::truncated)
    throw error(all.failure ? provider::without_key(all.failure, to)
                            : failure(errc::truncated, "the answer came as a stream, without its end signal"));
  if constexpr (requires { all.info; })
    all.info = decoder->info();
  return all;
}

bool is_stream(std::string_view body) noexcept {
  return codec::sniff(body) == codec::content::events || codec::several_objects(body);
}

template <class Result>
std::shared_ptr<completed_reply> ended(Result result, const provider::route& to, const http::response_head& head,
                                       std::string_view body, std::shared_ptr<const attempt> record) {
  if (result.failure.code() == errc::unexpected_content)
    throw error(provider::unreadable(result.failure, to, head, body));
  const bool nothing = result.outcome == outcome::truncated && result.text().empty();
  if (result.outcome == outcome::failed || result.outcome == outcome::in_band_error || nothing)
    throw error(provider::without_key(result.failure, to));
  result.attempt = record;
  const auto how = result.outcome;
  const auto why = result.failure;
  const auto used = result.usage;
  return std::make_shared<completed_reply>(std::any(std::move(result)), how, why, used, std::move(record));
}

class chat_operation final : public answer_operation {
public:
  explicit chat_operation(chat ask) : answer_operation(estimate_of(ask)), ask_(std::move(ask)) {}

  std::string_view name() const noexcept override { return "chat"; }
  const call_options& options() const noexcept override { return ask_.options(); }
  request_settings settings() const override {
    request_settings s;
    s.max_tokens = ask_.max_completion_tokens() ? ask_.max_completion_tokens() : ask_.max_tokens();
    s.choices = ask_.n();
    s.seed = ask_.seed();
    s.temperature = ask_.temperature();
    s.top_p = ask_.top_p();
    s.frequency_penalty = ask_.frequency_penalty();
    s.presence_penalty = ask_.presence_penalty();
    s.stop = ask_.stop();
    return s;
  }
  const chat* as_chat() const noexcept override { return &ask_; }
  std::shared_ptr<const operation> continued(std::string_view so_far, const target& at) const override {
    // A constrained answer would start over, and among several answers it is not clear which one to resume.
    if (ask_.n().value_or(1) != 1 || ask_.response_format() || so_far.empty() || at.prefill() == prefill::none)
      return nullptr;
    auto again = ask_;
    auto text = message::assistant(std::string(so_far));
    if (at.prefill() == prefill::prefix)
      text.extra("prefix", "true");
    if (at.prefill() == prefill::vllm)
      again.extra_body("continue_final_message", "true").extra_body("add_generation_prompt", "false");
    again.add(std::move(text));
    return std::make_shared<chat_operation>(std::move(again));
  }

  provider::task what() const noexcept override { return provider::task::chat; }
  bool keeps_raw() const noexcept override { return ask_.keeps_raw(); }
  http::request encode(const provider::route& to, bool stream) const override {
    return provider::encode_chat(ask_, to, stream);
  }
  std::unique_ptr<provider::decoder> decoder(const provider::route& to) const override {
    return provider::chat_decoder(to, static_cast<std::size_t>(std::max<std::int64_t>(1, ask_.n().value_or(1))));
  }
  std::shared_ptr<completed_reply> decode(const provider::route& to, const http::response_head& head,
                                          std::string_view body, std::shared_ptr<const attempt> record) const override {
    auto result = is_stream(body) ? joined(to, decoder(to), body, completion()) : provider::decode_chat(to, body);
    const provider::redaction hidden(to);
    for (auto& one : result.choices)
      one.finish_reason = hidden(one.finish_reason);
    result.info.remark = hidden(result.info.remark);
    auto reason = result.finish_reason();
    auto info = result.info;
    auto answer = ended(std::move(result), to, head, body, std::move(record));
    answer->describe(std::move(reason), std::move(info));
    return answer;
  }

private:
  chat ask_;
};

class generation_operation final : public answer_operation {
public:
  explicit generation_operation(text_generation ask) : answer_operation(estimate_of(ask)), ask_(std::move(ask)) {}

  std::string_view name() const noexcept override { return "text_completion"; }
  request_settings settings() const override {
    request_settings s;
    s.max_tokens = ask_.max_new_tokens();
    s.top_k = ask_.top_k();
    s.seed = ask_.seed();
    s.temperature = ask_.temperature();
    s.top_p = ask_.top_p();
    s.frequency_penalty = ask_.frequency_penalty();
    s.stop = ask_.stop();
    return s;
  }

  const call_options& options() const noexcept override { return ask_.options(); }
  provider::task what() const noexcept override { return provider::task::text_generation; }
  bool keeps_raw() const noexcept override { return ask_.keeps_raw(); }
  http::request encode(const provider::route& to, bool stream) const override {
    return provider::encode_generation(ask_, to, stream);
  }
  std::unique_ptr<provider::decoder> decoder(const provider::route& to) const override {
    return provider::generation_decoder(to);
  }
  std::shared_ptr<completed_reply> decode(const provider::route& to, const http::response_head& head,
                                          std::string_view body, std::shared_ptr<const attempt> record) const override {
    auto result = is_stream(body) ? joined(to, decoder(to), body, generation()) : provider::decode_generation(to, body);
    result.sequence.finish_reason = provider::without_key(result.sequence.finish_reason, to);
    auto reason = result.sequence.finish_reason;
    auto answer = ended(std::move(result), to, head, body, std::move(record));
    answer->describe(std::move(reason), answer_info());
    return answer;
  }

private:
  text_generation ask_;
};

class task_operation final : public job_operation {
public:
  explicit task_operation(task_request ask)
      : job_operation(estimate_of(ask)), ask_(std::make_shared<const task_request>(std::move(ask))) {}

  std::string_view name() const noexcept override {
    return ask_->what() == task_kind::feature_extraction ? std::string_view("embeddings") : weir::name_of(ask_->what());
  }
  const call_options& options() const noexcept override { return ask_->options(); }
  provider::task what() const noexcept override { return ask_->what(); }
  std::shared_ptr<const task_request> task() const noexcept override { return ask_; }
  bool keeps_raw() const noexcept override { return ask_->keeps_raw(); }
  http::request encode(const provider::route& to, bool) const override { return provider::encode_task(*ask_, to); }

private:
  std::shared_ptr<const task_request> ask_;
};

} // namespace

std::shared_ptr<const http_operation> make_chat_operation(chat ask) {
  return std::make_shared<chat_operation>(std::move(ask));
}

std::shared_ptr<const http_operation> make_generation_operation(text_generation ask) {
  return std::make_shared<generation_operation>(std::move(ask));
}

std::shared_ptr<const http_operation> make_task_operation(task_request ask) {
  return std::make_shared<task_operation>(std::move(ask));
}

} // namespace weir::inline v0
