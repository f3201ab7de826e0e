#include "provider/chat/openai/openai_parts.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <initializer_list>

#include "provider/answer/units.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

token_logprob read_token(const codec::node& v) {
  token_logprob t(std::string(codec::string_at(v, "token").value_or("")), codec::number_at(v, "logprob"));
  if (const auto* bytes = codec::array_at(v, "bytes"))
    for (const auto& b : bytes->elements())
      if (b.is_int64() && b.get_int64() >= 0 && b.get_int64() < 256)
        t.bytes.push_back(static_cast<std::uint8_t>(b.get_int64()));
  return t;
}

// The elements of a list that may be missing or too short.
class row {
public:
  explicit row(const codec::node* list) : left_(list ? list->size() : 0), at_(list ? list->elements().begin() : none) {}

  const codec::node* next() noexcept {
    if (left_ == 0)
      return nullptr;
    --left_;
    const auto* found = &*at_;
    ++at_;
    return found;
  }

private:
  static constexpr codec::node::element_iterator none{nullptr};
  std::size_t left_;
  codec::node::element_iterator at_;
};

// A count, even if a wrapper turned it into a string.
std::optional<std::uint64_t> count_at(const codec::node& v, std::string_view key) noexcept {
  const auto text = codec::string_at(v, key);
  if (!text)
    return codec::uint_at(v, key);
  std::uint64_t n = 0;
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), n);
  return ec == std::errc() && end == text->data() + text->size() ? std::optional(n) : std::nullopt;
}

std::optional<double> read_cost(const codec::node& v) noexcept {
  // Perplexity's tells what it is made of.
  if (const auto* parts = codec::find(v, "cost"); parts && parts->is_object())
    return codec::number_at(*parts, "total_cost");
  const auto text = codec::string_at(v, "cost");
  if (!text)
    return codec::number_at(v, "cost");
  double n = 0;
  const auto [end, ec] = std::from_chars(text->data(), text->data() + text->size(), n);
  return ec == std::errc() && end == text->data() + text->size() && std::isfinite(n) ? std::optional(n) : std::nullopt;
}

bool adds_up(const usage& u, std::uint64_t more) noexcept {
  return u.total_tokens && u.prompt_tokens && u.completion_tokens &&
         *u.total_tokens == *u.prompt_tokens + *u.completion_tokens + more;
}

// Anthropic's counts, passed on as they are, leave the cached tokens out of the prompt.
bool cache_is_extra(const usage& u, const codec::node& v) noexcept {
  const auto cached = u.cached_tokens.value_or(0) + u.cache_write_tokens.value_or(0);
  if (cached == 0 || adds_up(u, 0))
    return false;
  return adds_up(u, cached) || (!codec::find(v, "prompt_tokens") && codec::find(v, "cache_creation_input_tokens"));
}

void split_units(usage& u, const codec::node& v) {
  prompt_parts in;
  for (const auto* key : {"prompt_tokens_details", "input_tokens_details"})
    if (const auto* details = codec::find(v, key)) {
      in.audio = count_at(*details, "audio_tokens");
      in.image = count_at(*details, "image_tokens");
      in.video = count_at(*details, "video_tokens");
    }
  in.read = u.cached_tokens;
  if (const auto* lives = codec::find(v, "cache_creation")) {
    in.write_5m = count_at(*lives, "ephemeral_5m_input_tokens");
    in.write_1h = count_at(*lives, "ephemeral_1h_input_tokens");
  }
  if (!in.write_5m && !in.write_1h)
    in.write_other = u.cache_write_tokens;
  auto prompt = u.prompt_tokens;
  if (prompt && cache_is_extra(u, v))
    *prompt += u.cached_tokens.value_or(0) + u.cache_write_tokens.value_or(0);
  split_prompt(u, prompt, in);

  output_parts out;
  for (const auto* key : {"completion_tokens_details", "output_tokens_details"})
    if (const auto* details = codec::find(v, key)) {
      out.audio = count_at(*details, "audio_tokens");
      out.image = count_at(*details, "image_tokens");
    }
  out.reasoning = u.reasoning_tokens;
  auto completion = u.completion_tokens;
  // xAI counts the reasoning apart from the completion.
  if (completion && u.reasoning_tokens.value_or(0) != 0 && adds_up(u, *u.reasoning_tokens))
    *completion += *u.reasoning_tokens;
  split_output(u, completion, out);

  if (const auto* tools = codec::find(v, "server_tool_use"))
    u.units.set(usage_unit::searches, count_at(*tools, "web_search_requests"));
  u.units.set(usage_unit::searches, count_at(v, "num_search_queries"));
  if (const auto seconds = codec::number_at(v, "seconds"); seconds && *seconds >= 0 && *seconds < 1e9)
    u.units.set(usage_unit::input_milliseconds, static_cast<std::uint64_t>(std::llround(*seconds * 1000)));
}

} // namespace

// The names come from several APIs, as gateways between them pass counts on under their old names.
usage read_usage(const codec::node& v) {
  usage u;
  const auto take = [](std::optional<std::uint64_t>& into, const codec::node* from,
                       std::initializer_list<const char*> names) {
    for (const auto* name : names)
      if (from && !into)
        into = count_at(*from, name);
  };
  take(u.prompt_tokens, &v, {"prompt_tokens", "input_tokens"});
  take(u.completion_tokens, &v, {"completion_tokens", "output_tokens"});
  take(u.total_tokens, &v, {"total_tokens"});
  for (const auto* key : {"prompt_tokens_details", "input_tokens_details"}) {
    take(u.cached_tokens, codec::find(v, key), {"cached_tokens"});
    take(u.cache_write_tokens, codec::find(v, key), {"cache_write_tokens"});
  }
  take(u.cached_tokens, &v,
       {"cached_tokens", "prompt_cache_hit_tokens", "num_cached_tokens", "cache_read_input_tokens"});
  take(u.cache_write_tokens, &v, {"cache_creation_input_tokens"});
  for (const auto* key : {"completion_tokens_details", "output_tokens_details"})
    take(u.reasoning_tokens, codec::find(v, key), {"reasoning_tokens"});
  take(u.reasoning_tokens, &v, {"reasoning_tokens"});
  u.cost = read_cost(v);
  split_units(u, v);
  return u;
}

usage read_usage(const json::value& v) {
  codec::document counts;
  counts.assign(v);
  return read_usage(counts.root());
}

std::vector<token_logprob> read_tokens(const codec::node& list) {
  std::vector<token_logprob> all;
  for (const auto& token : list.elements()) {
    auto& t = all.emplace_back(read_token(token));
    if (const auto* top = codec::array_at(token, "top_logprobs"))
      for (const auto& other : top->elements())
        t.top.push_back(read_token(other));
  }
  return all;
}

std::vector<token_logprob> read_logprobs(const codec::node& v) {
  std::vector<token_logprob> all;
  if (const auto* content = codec::array_at(v, "content")) {
    return read_tokens(*content);
  } else if (const auto* tokens = codec::array_at(v, "tokens")) {
    row values(codec::array_at(v, "token_logprobs")), tops(codec::array_at(v, "top_logprobs"));
    for (const auto& token : tokens->elements()) {
      const auto* value = values.next();
      const auto* top = tops.next();
      if (!token.is_string())
        continue;
      auto& t = all.emplace_back(std::string(token.get_string()), value ? codec::number_of(*value) : std::nullopt);
      if (!top || !top->is_object())
        continue;
      for (const auto other : top->members())
        t.top.emplace_back(std::string(other.key()), codec::number_of(other.value()));
      std::sort(t.top.begin(), t.top.end(), [](const token_logprob& a, const token_logprob& b) {
        return a.logprob != b.logprob ? a.logprob > b.logprob : a.token < b.token;
      });
    }
  }
  return all;
}

std::string reasoning_of(const codec::node& details) {
  std::string all;
  for (const auto& part : details.elements())
    for (const auto* key : {"text", "summary", "thinking"})
      all += codec::string_at(part, key).value_or("");
  return all;
}

std::string_view image_of(const codec::node& part) noexcept {
  const auto* image = codec::find(part, "image_url");
  if (!image)
    return codec::string_at(part, "b64_json").value_or("");
  return image->is_string() ? image->get_string() : codec::string_at(*image, "url").value_or("");
}

bool is_filtered(const codec::node& v) noexcept {
  if (!v.is_object())
    return false;
  for (const auto member : v.members())
    if ((member.key() == "filtered" && member.value().is_bool() && member.value().get_bool()) ||
        is_filtered(member.value()))
      return true;
  return false;
}

} // namespace weir::inline v0::provider
