// Fingerprints: the same for ever, and another one for another request.
#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include <weir/batch/item.hpp>

using namespace weir;
using namespace std::chrono_literals;

namespace {

using request_type = batch_item::request_type;

template <class T>
void check_all_differ(const T& plain, const std::vector<std::function<void(T&)>>& changes) {
  std::map<std::uint64_t, std::size_t> seen;
  seen[batch_fingerprint(plain)] = 0;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    auto changed = plain;
    changes[i](changed);
    const auto [at, fresh] = seen.emplace(batch_fingerprint(changed), i + 1);
    CHECK_MESSAGE(fresh, "change " << i + 1 << " gives the fingerprint of change " << at->second);
  }
}

} // namespace

TEST_CASE("fingerprints are the same in every version: journals hold them") {
  CHECK(batch_fingerprint(chat("m").system("s").user("u").temperature(0.5).max_tokens(7)) == 2696447162520251942u);
  CHECK(batch_fingerprint(text_generation("m").prompt("p").seed(3)) == 8867377512807175986u);
  task_request t(task_kind::feature_extraction, "m");
  t.add_text("x");
  t.set_parameter("dimensions", 8);
  CHECK(batch_fingerprint(t) == 12544412953348491368u);
}

TEST_CASE("every field of a chat that is sent changes its fingerprint") {
  using change = std::function<void(chat&)>;
  std::vector<change> all = {
      [](chat& c) { c.model("n"); },
      [](chat& c) { c.user("v"); },
      [](chat& c) { c.system("v"); },
      [](chat& c) { c.frequency_penalty(1); },
      [](chat& c) { c.presence_penalty(1); },
      [](chat& c) { c.logprobs(true); },
      [](chat& c) { c.logprobs(false); },
      [](chat& c) { c.top_logprobs(1); },
      [](chat& c) { c.max_tokens(1); },
      [](chat& c) { c.max_completion_tokens(1); },
      [](chat& c) { c.n(1); },
      [](chat& c) { c.response_format(response_format::text()); },
      [](chat& c) { c.response_format(response_format::json_schema("a", "{}")); },
      [](chat& c) { c.response_format(response_format::json_schema("b", "{}")); },
      [](chat& c) { c.response_format(response_format::json_schema("a", "{ }")); },
      [](chat& c) { c.response_format(response_format::json_schema("a", "{}").strict(true)); },
      [](chat& c) { c.response_format(response_format::json_schema("a", "{}").description("d")); },
      [](chat& c) { c.reasoning_effort("low"); },
      [](chat& c) { c.seed(1); },
      [](chat& c) { c.stop("x"); },
      [](chat& c) { c.stop("x").stop("y"); },
      [](chat& c) { c.stop("xy"); },
      [](chat& c) { c.temperature(1); },
      [](chat& c) { c.temperature(0); },
      [](chat& c) { c.top_p(1); },
      [](chat& c) { c.tool_choice("auto"); },
      [](chat& c) { c.tool_prompt("x"); },
      [](chat& c) { c.parallel_tool_calls(true); },
      [](chat& c) { c.end_user("x"); },
      [](chat& c) { c.include_usage(true); },
      [](chat& c) { c.logit_bias("1", 2); },
      [](chat& c) { c.logit_bias("12", 2); },
      [](chat& c) { c.cache_lifetime(1h); },
      [](chat& c) { c.conversation("x"); },
      [](chat& c) { c.extra_body("a", "1"); },
      [](chat& c) { c.extra_body("a", "2"); },
      [](chat& c) { c.tool(tool("f", "")); },
      [](chat& c) { c.tool(tool("f", "d")); },
      [](chat& c) { c.tool(tool("f", "", "{}")); },
      [](chat& c) { c.tool(tool("f", "").strict(false)); },
      [](chat& c) { c.cache_prefix(); },
      [](chat& c) { c.add(message::user("v").name("n")); },
      [](chat& c) { c.add(message::tool("i", "v")); },
      [](chat& c) { c.add(message::user("v").extra("a", "1")); },
      [](chat& c) { c.add(message::assistant("v").reasoning_block("{}")); },
      [](chat& c) { c.add(message("assistant")); },
      [](chat& c) { c.add(message::assistant_calls(std::vector<tool_call>(1, tool_call("i", "f", "{}")))); },
      [](chat& c) { c.add(message::assistant_calls(std::vector<tool_call>(1, tool_call("j", "f", "{}")))); },
      [](chat& c) { c.add(message::assistant_calls(std::vector<tool_call>(1, tool_call("i", "g", "{}")))); },
      [](chat& c) { c.add(message::assistant_calls(std::vector<tool_call>(1, tool_call("i", "f", "{ }")))); },
      [](chat& c) { c.add(message("user").part(content_part::text("v"))); },
      [](chat& c) { c.add(message("user").part(content_part::image_url("v"))); },
      [](chat& c) { c.add(message("user").part(content_part::image_url("v", "low"))); },
      [](chat& c) { c.add(message("user").part(content_part::raw("v"))); },
  };
  check_all_differ(chat("m").user("u"), all);
}

TEST_CASE("every field of a text generation that is sent changes its fingerprint") {
  using change = std::function<void(text_generation&)>;
  const std::vector<change> all = {
      [](text_generation& t) { t.model("n"); },
      [](text_generation& t) { t.prompt("q"); },
      [](text_generation& t) { t.adapter_id("a"); },
      [](text_generation& t) { t.best_of(1); },
      [](text_generation& t) { t.decoder_input_details(true); },
      [](text_generation& t) { t.details(true); },
      [](text_generation& t) { t.do_sample(true); },
      [](text_generation& t) { t.frequency_penalty(1); },
      [](text_generation& t) { t.grammar(grammar::json("{}")); },
      [](text_generation& t) { t.grammar(grammar::regex("{}")); },
      [](text_generation& t) { t.max_new_tokens(1); },
      [](text_generation& t) { t.repetition_penalty(1); },
      [](text_generation& t) { t.return_full_text(true); },
      [](text_generation& t) { t.seed(1); },
      [](text_generation& t) { t.stop("x"); },
      [](text_generation& t) { t.temperature(1); },
      [](text_generation& t) { t.top_k(1); },
      [](text_generation& t) { t.top_n_tokens(1); },
      [](text_generation& t) { t.top_p(1); },
      [](text_generation& t) { t.truncate(1); },
      [](text_generation& t) { t.typical_p(1); },
      [](text_generation& t) { t.watermark(true); },
      [](text_generation& t) { t.extra_body("a", "1"); },
  };
  check_all_differ(text_generation("m").prompt("p"), all);
}

TEST_CASE("every field of a task that is sent changes its fingerprint") {
  using change = std::function<void(task_request&)>;
  media other("bytes", "image/png");
  other.name = "n";
  const std::vector<change> all = {
      [](task_request& t) { t.set_model("n"); },
      [](task_request& t) { t.add_text("x"); },
      [](task_request& t) { t.add_input(media("bytes", "image/png")); },
      [](task_request& t) { t.add_input(media("bytez", "image/png")); },
      [](task_request& t) { t.add_input(media("bytes", "image/jpeg")); },
      [](task_request& t) { t.add_input(media::at("https://h/i")); },
      [other](task_request& t) { t.add_input(other); },
      [](task_request& t) { t.set_field("a", "1"); },
      [](task_request& t) { t.set_field("a", 1); },
      [](task_request& t) { t.add_cell("a", "1"); },
      [](task_request& t) { t.set_parameter("a", "1"); },
      [](task_request& t) { t.set_parameter("a", 1); },
      [](task_request& t) { t.set_parameter("a", 1.0); },
      [](task_request& t) { t.set_parameter("a", true); },
      [](task_request& t) { t.set_parameter("a", json_text("1")); },
      [](task_request& t) { t.set_parameter("a", std::vector<std::string>{"1"}); },
      [](task_request& t) { t.set_parameter("a", std::vector<std::string>{"1", ""}); },
      [](task_request& t) { t.add_extra_body("a", "1"); },
  };
  task_request plain(task_kind::summarization, "m");
  plain.add_text("t");
  check_all_differ(plain, all);
  task_request sibling(task_kind::translation, "m");
  sibling.add_text("t");
  CHECK(batch_fingerprint(plain) != batch_fingerprint(sibling));
}

TEST_CASE("what is not sent does not change a fingerprint") {
  const auto plain = chat("m").user("u");
  CHECK(batch_fingerprint(chat(plain).keep_raw()) == batch_fingerprint(plain));
  CHECK(batch_fingerprint(chat(plain).options(call_options().deadline(1s))) == batch_fingerprint(plain));
  CHECK(batch_fingerprint(chat("m").user("u").temperature(-0.0)) ==
        batch_fingerprint(chat("m").user("u").temperature(0.0)));
  task_request t(task_kind::text_to_image, "m");
  auto kept = t;
  kept.set_save_to("x");
  kept.set_max_bytes(1);
  kept.set_keep_urls(true);
  CHECK(batch_fingerprint(kept) == batch_fingerprint(t));
}
