// Requests derived from a recorded client: weir must resolve and encode the same.
#include <weir/task/chat.hpp>
#include <weir/task/text_generation.hpp>

#include "jobs_requests.hpp"
#include "known_differences.hpp"
#include "lines.hpp"
#include "provider/dialect.hpp"
#include "provider/mapping.hpp"
#include "tasks_requests.hpp"

namespace {

using namespace conformance;
using namespace weir;

content_part read_part(const json::value& v) {
  if (text_at(v, "type") == "text")
    return content_part::text(text_at(v, "text"));
  if (const auto* image = codec::find(v, "image_url"))
    return content_part::image_url(text_at(*image, "url"), text_at(*image, "detail"));
  return content_part::raw(codec::to_text(v));
}

message read_message(const json::value& v) {
  message m(text_at(v, "role"));
  if (const auto* parts = codec::array_at(v, "content")) {
    for (const auto& p : *parts)
      m.part(read_part(p));
  } else if (const auto text = codec::string_at(v, "content")) {
    m = message(text_at(v, "role"), std::string(*text));
  }
  for (const auto& member : v.as_object())
    if (member.key() != "role" && member.key() != "content" && !member.value().is_null())
      m.extra(std::string(member.key()), codec::to_text(member.value()));
  return m;
}

tool read_tool(const json::value& v) {
  const auto& f = *codec::find(v, "function");
  const auto* parameters = codec::find(f, "parameters");
  return tool(text_at(f, "name"), text_at(f, "description"), parameters ? codec::to_text(*parameters) : std::string());
}

response_format read_format(const json::value& v) {
  const auto* schema = codec::find(v, "json_schema");
  if (!schema)
    return response_format::raw(codec::to_text(v));
  auto f = response_format::json_schema(text_at(*schema, "name"), codec::to_text(*codec::find(*schema, "schema")));
  if (const auto strict = codec::bool_at(*schema, "strict"))
    return std::move(f).strict(*strict);
  return f;
}

template <class Ask>
void read_common(Ask& ask, std::string_view key, const json::value& v, bool& known) {
  known = true;
  if (key == "frequency_penalty")
    ask.frequency_penalty(v.to_number<double>());
  else if (key == "seed")
    ask.seed(v.to_number<std::uint64_t>());
  else if (key == "temperature")
    ask.temperature(v.to_number<double>());
  else if (key == "top_p")
    ask.top_p(v.to_number<double>());
  else if (key == "stop") {
    for (const auto& s : v.as_array())
      ask.stop(std::string(s.as_string()));
  } else
    known = false;
}

chat read_chat(const json::value& line, const std::string& model, bool& stream) {
  chat ask(model);
  for (const auto& m : line.at("input").as_array())
    ask.add(read_message(m));
  // The recorded client never requests usage on its own.
  ask.include_usage(false);
  for (const auto& member : line.at("parameters").as_object()) {
    const std::string key(member.key());
    const auto& v = member.value();
    bool known = false;
    if (v.is_null() || key == "model")
      continue;
    read_common(ask, key, v, known);
    if (known)
      continue;
    if (key == "stream")
      stream = v.as_bool();
    else if (key == "stream_options")
      ask.include_usage(v.at("include_usage").as_bool());
    else if (key == "logprobs")
      ask.logprobs(v.as_bool());
    else if (key == "max_tokens")
      ask.max_tokens(v.to_number<std::int64_t>());
    else if (key == "n")
      ask.n(v.to_number<std::int64_t>());
    else if (key == "presence_penalty")
      ask.presence_penalty(v.to_number<double>());
    else if (key == "top_logprobs")
      ask.top_logprobs(v.to_number<std::int64_t>());
    else if (key == "tool_prompt")
      ask.tool_prompt(std::string(v.as_string()));
    else if (key == "response_format")
      ask.response_format(read_format(v));
    else if (key == "tools") {
      for (const auto& t : v.as_array())
        ask.tool(read_tool(t));
    } else if (key == "tool_choice" && v.is_string())
      ask.tool_choice(std::string(v.as_string()));
    else
      ask.extra_body(key, codec::to_text(v));
  }
  return ask;
}

text_generation read_generation(const json::value& line, const std::string& model, bool& stream) {
  text_generation ask(model);
  ask.prompt(std::string(line.at("input").as_string()));
  for (const auto& member : line.at("parameters").as_object()) {
    const std::string key(member.key());
    const auto& v = member.value();
    bool known = false;
    if (v.is_null())
      continue;
    read_common(ask, key, v, known);
    if (known)
      continue;
    if (key == "adapter_id")
      ask.adapter_id(std::string(v.as_string()));
    else if (key == "best_of")
      ask.best_of(v.to_number<std::int64_t>());
    else if (key == "decoder_input_details")
      ask.decoder_input_details(v.as_bool());
    else if (key == "details")
      ask.details(v.as_bool());
    else if (key == "do_sample")
      ask.do_sample(v.as_bool());
    else if (key == "max_new_tokens")
      ask.max_new_tokens(v.to_number<std::int64_t>());
    else if (key == "repetition_penalty")
      ask.repetition_penalty(v.to_number<double>());
    else if (key == "return_full_text")
      ask.return_full_text(v.as_bool());
    else if (key == "top_k")
      ask.top_k(v.to_number<std::int64_t>());
    else if (key == "top_n_tokens")
      ask.top_n_tokens(v.to_number<std::int64_t>());
    else if (key == "truncate")
      ask.truncate(v.to_number<std::int64_t>());
    else if (key == "typical_p")
      ask.typical_p(v.to_number<double>());
    else if (key == "watermark")
      ask.watermark(v.as_bool());
    else
      throw error(errc::invalid_argument, "unknown parameter: " + key);
  }
  if (const auto* extra = codec::object_at(line, "extra_payload"))
    for (const auto& member : *extra) {
      if (member.value().is_null())
        continue;
      if (member.key() == "stream")
        stream = member.value().as_bool();
      else
        ask.extra_body(std::string(member.key()), codec::to_text(member.value()));
    }
  return ask;
}

http::request make(const json::value& line) {
  if (is_job(line))
    return job_request(line);
  const auto what = text_at(line, "task") == "conversational" ? provider::task::chat : provider::task::text_generation;
  const bool own_key = text_at(line, "key") == "provider";
  const auto mapped = text_at(line, "provider_model_id");
  provider::target t;
  t.provider = text_at(line, "provider");
  // With a vendor's own key weir takes the model's name as the vendor's.
  t.model = own_key ? mapped : std::string("org/model");
  t.key = secret(own_key ? "pk-TEST" : "hf_TEST");
  auto route = provider::resolve(what, t);
  if (route.needs_mapping)
    provider::apply_mapping(route, provider::mapping(t.provider, mapped));
  bool stream = false;
  if (what == provider::task::chat) {
    const auto ask = read_chat(line, t.model, stream);
    return provider::encode_chat(ask, route, stream);
  }
  const auto ask = read_generation(line, t.model, stream);
  return provider::encode_generation(ask, route, stream);
}

// `null` in a body means absent (README of the data).
void drop_nulls(json::object& o) {
  for (auto it = o.begin(); it != o.end();)
    it = it->value().is_null() ? o.erase(it) : it + 1;
}

// Without `body`, the bodies are not compared.
std::string compare(const json::value& wanted, const json::object* body, const http::request& got) {
  if (got.method != text_at(wanted, "method"))
    return "method " + got.method;
  const auto url = got.to.text() + got.target;
  if (url != text_at(wanted, "url"))
    return "URL " + url + ", expected " + text_at(wanted, "url");
  for (const auto& member : wanted.at("headers").as_object()) {
    const std::string name(member.key()), value(member.value().as_string());
    std::string have(got.headers.get(name));
    if (name == "authorization") {
      if (!got.auth || got.auth->header != name || got.auth->key.origin() != got.to.text())
        return "no authorization, or not bound to the origin";
      have = got.auth->scheme + " " + std::string(got.auth->key.reveal());
    }
    if (have != value)
      return "header " + name + " is \"" + have + "\", expected \"" + value + "\"";
  }
  for (const auto* name : {"accept-language", "x-source-channel", "x-hf-bill-to", "prefer"})
    if (got.headers.has(name) && !wanted.at("headers").as_object().contains(name))
      return std::string("unexpected header ") + name;
  if (!body)
    return {};
  error_code ec;
  const auto sent = codec::parse_json(got.body, ec);
  if (ec || !sent.is_object())
    return "the body is not a JSON object";
  if (sent.as_object() != *body)
    return "body " + got.body + ", expected " + codec::to_text(*body);
  return {};
}

void check(const json::value& line, const std::string& place, tally& count) {
  const auto task = text_at(line, "task");
  const bool whole_task = is_whole_task(text_at(line, "provider"), task);
  if (task != "conversational" && task != "text-generation" && !whole_task && !is_job(line)) {
    count.skip();
    return;
  }
  const auto id =
      place + " " + text_at(line, "provider") + " " + task + " " + text_at(line, "case") + " " + text_at(line, "key");
  if (codec::find(line, "error")) {
    try {
      whole_task ? make_task(line) : make(line);
      count.fail(id, "was not refused");
    } catch (const error&) {
      count.pass();
    }
    return;
  }
  if (whole_task)
    return check_task(line, id, count, compare);
  const auto& wanted = line.at("request");
  auto body = wanted.at("json").as_object();
  drop_nulls(body);
  const auto known = is_job(line) ? known_job_difference(text_at(line, "provider"), body)
                                  : known_difference(task, text_at(line, "provider"), body);
  const auto got = make(line);
  auto why = compare(wanted, &body, got);
  if (why.empty() && task == "conversational" && !got.body.starts_with("{\"model\":"))
    why = "model is not the first key of the body";
  if (!why.empty()) {
    count.fail(id, why);
    return;
  }
  if (!known.empty())
    count.known(id, known);
  count.pass();
}

} // namespace

int main(int argc, char** argv) {
  tally count;
  if (!each_line(argc, argv, count, check))
    return 2;
  return count.finish("tasks that weir does not compare");
}
