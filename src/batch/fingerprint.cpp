// Fingerprints of requests. The words here are what journals hold: a field that is added is written only where it is
// set, and none may be renamed, reordered or removed.
#include <cstdio>
#include <cstring>

#include <weir/batch/item.hpp>

#include "core/stable_hash.hpp"

namespace weir::inline v0 {

namespace {

// Names and values with their lengths, so that no two requests write the same.
class record {
public:
  void add(std::string_view name, std::string_view value) {
    sized(name);
    sized(value);
  }
  void add(std::string_view name, bool v) { add(name, std::string_view(v ? "1" : "0")); }
  void add(std::string_view name, const char* v) { add(name, std::string_view(v)); }
  void add(std::string_view name, std::int64_t v) { add(name, std::string_view(std::to_string(v))); }
  void add(std::string_view name, std::uint64_t v) { add(name, std::string_view(std::to_string(v))); }
  // By its bits, in a fixed order of bytes: no two ways of writing a number.
  void add(std::string_view name, double v) {
    std::uint64_t bits = 0;
    if (v != 0) // one zero
      std::memcpy(&bits, &v, sizeof bits);
    add(name, std::string_view("d" + std::to_string(bits)));
  }
  template <class T>
  void set(std::string_view name, const std::optional<T>& v) {
    if (v)
      add(name, *v);
  }
  void text(std::string_view name, std::string_view v) {
    if (!v.empty())
      add(name, v);
  }
  // Instead of a copy of many bytes.
  void digest(std::string_view name, std::string_view bytes) {
    if (!bytes.empty()) {
      add(name, static_cast<std::uint64_t>(bytes.size()));
      add(name, stable_hash(bytes));
    }
  }
  template <class Pairs>
  void pairs(std::string_view name, const Pairs& all) {
    for (const auto& [key, value] : all) {
      add(name, std::string_view(key));
      add("=", value);
    }
  }
  std::uint64_t value() const noexcept {
    const auto h = hash_.value();
    return h == 0 ? 1 : h;
  }

private:
  void sized(std::string_view text) {
    hash_.add(std::to_string(text.size()));
    hash_.add(":");
    hash_.add(text);
  }

  stable_hasher hash_;
};

void add_part(record& r, const content_part& p) {
  r.add("part", std::int64_t{static_cast<int>(p.type())});
  r.digest("value", p.value());
  r.text("detail", p.detail());
  r.text("file", p.name());
}

void add_message(record& r, const message& m) {
  r.add("message", m.role());
  r.set("content", m.content());
  for (const auto& p : m.parts())
    add_part(r, p);
  r.text("name", m.name());
  for (const auto& c : m.tool_calls()) {
    r.add("call", c.id);
    r.add("function", c.name);
    r.add("arguments", c.arguments);
  }
  for (const auto& block : m.reasoning_blocks())
    r.add("reasoning_block", block);
  r.text("tool_call_id", m.tool_call_id());
  r.pairs("extra", m.extra());
  if (m.cache_prefix())
    r.add("cache_prefix", true);
}

void add_tool(record& r, const tool& t) {
  r.add("tool", t.name());
  r.text("description", t.description());
  r.text("parameters", t.parameters());
  r.set("strict", t.strict());
}

void add_format(record& r, const response_format& f) {
  r.add("format", std::int64_t{static_cast<int>(f.type())});
  r.text("name", f.name());
  r.text("value", f.value());
  r.text("description", f.description());
  r.set("strict", f.strict());
}

void add_request(record& r, const chat& c) {
  r.add("request", "chat");
  r.text("model", c.model());
  for (const auto& t : c.tools())
    add_tool(r, t);
  for (const auto& m : c.messages())
    add_message(r, m);
  r.set("frequency_penalty", c.frequency_penalty());
  r.set("presence_penalty", c.presence_penalty());
  r.set("logprobs", c.logprobs());
  r.set("top_logprobs", c.top_logprobs());
  r.set("max_tokens", c.max_tokens());
  r.set("max_completion_tokens", c.max_completion_tokens());
  r.set("n", c.n());
  if (c.response_format())
    add_format(r, *c.response_format());
  r.set("reasoning_effort", c.reasoning_effort());
  r.set("seed", c.seed());
  for (const auto& s : c.stop())
    r.add("stop", s);
  r.set("temperature", c.temperature());
  r.set("top_p", c.top_p());
  r.set("tool_choice", c.tool_choice());
  r.set("tool_prompt", c.tool_prompt());
  r.set("parallel_tool_calls", c.parallel_tool_calls());
  r.set("end_user", c.end_user());
  r.set("include_usage", c.include_usage());
  r.pairs("logit_bias", c.logit_bias());
  if (c.caches_tools())
    r.add("caches_tools", true);
  if (c.cache_lifetime())
    r.add("cache_lifetime", std::int64_t{c.cache_lifetime()->count()});
  r.text("conversation", c.conversation());
  r.pairs("extra_body", c.extra_body());
}

void add_request(record& r, const text_generation& t) {
  r.add("request", "text_generation");
  r.text("model", t.model());
  r.add("prompt", t.prompt());
  r.set("adapter_id", t.adapter_id());
  r.set("best_of", t.best_of());
  r.set("decoder_input_details", t.decoder_input_details());
  r.set("details", t.details());
  r.set("do_sample", t.do_sample());
  r.set("frequency_penalty", t.frequency_penalty());
  if (t.grammar()) {
    r.add("grammar", t.grammar()->type());
    r.add("value", t.grammar()->value());
  }
  r.set("max_new_tokens", t.max_new_tokens());
  r.set("repetition_penalty", t.repetition_penalty());
  r.set("return_full_text", t.return_full_text());
  r.set("seed", t.seed());
  for (const auto& s : t.stop())
    r.add("stop", s);
  r.set("temperature", t.temperature());
  r.set("top_k", t.top_k());
  r.set("top_n_tokens", t.top_n_tokens());
  r.set("top_p", t.top_p());
  r.set("truncate", t.truncate());
  r.set("typical_p", t.typical_p());
  r.set("watermark", t.watermark());
  r.pairs("extra_body", t.extra_body());
}

void add_value(record& r, std::string_view name, const parameter_value& v) {
  r.add(name, static_cast<std::uint64_t>(v.value.index()));
  std::visit(
      [&r](const auto& x) {
        using type = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<type, std::vector<std::string>>) {
          for (const auto& one : x)
            r.add("one", one);
          r.add("of", static_cast<std::uint64_t>(x.size()));
        } else if constexpr (std::is_same_v<type, json_text>) {
          r.add("json", x.text);
        } else {
          r.add("value", x);
        }
      },
      v.value);
}

void add_request(record& r, const task_request& t) {
  r.add("request", name_of(t.what()));
  r.text("model", t.model());
  for (const auto& text : t.texts())
    r.add("text", text);
  for (const auto& m : t.inputs()) {
    r.add("media", m.content_type);
    r.digest("bytes", m.bytes);
    r.digest("url", m.url);
    r.text("name", m.name);
  }
  for (const auto& [name, v] : t.fields())
    add_value(r, "field " + name, v);
  for (const auto& [column, cells] : t.table()) {
    r.add("column", column);
    for (const auto& cell : cells)
      r.add("cell", cell);
  }
  for (const auto& [name, v] : t.parameters())
    add_value(r, "parameter " + name, v);
  r.pairs("extra_body", t.extra_body());
}

} // namespace

std::uint64_t batch_fingerprint(const batch_item::request_type& request) {
  record r;
  std::visit([&r](const auto& one) { add_request(r, one); }, request);
  return r.value();
}

} // namespace weir::inline v0
