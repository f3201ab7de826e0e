#include "batch/input/request_form.hpp"

#include <weir/core/error.hpp>

#include "provider/chat/read/request_read.hpp"

namespace weir::inline v0::input {

namespace {

namespace json = codec::json;

std::string copy_of(std::optional<std::string_view> text) { return std::string(text.value_or("")); }

batch_item::request_type request_at(std::string_view url, const json::object& body, std::string_view where) {
  // Some write the whole URL.
  const auto ends = [url](std::string_view path) { return url.ends_with(path); };
  if (ends("/chat/completions"))
    return provider::read_openai_chat(body, where);
  if (ends("/responses"))
    return provider::read_responses(body, where);
  if (ends("/embeddings"))
    return provider::read_embedding(body, where);
  if (ends("/completions"))
    return provider::read_completion(body, where);
  if (ends("/images/generations"))
    return provider::read_media_task(task_kind::text_to_image, "prompt", body, where);
  if (ends("/audio/speech"))
    return provider::read_media_task(task_kind::text_to_speech, "input", body, where);
  if (ends("/messages"))
    return provider::read_anthropic(body, where);
  provider::throw_unreadable(where, "the endpoint " + std::string(url) +
                                        " is none of chat/completions, responses, embeddings, completions, messages, "
                                        "images/generations and audio/speech");
}

batch_item::request_type request_of(const json::object& body, std::string_view where) {
  if (codec::find(body, "messages"))
    return provider::read_openai_chat(body, where);
  if (codec::find(body, "contents"))
    return provider::read_gemini(body, where);
  if (codec::find(body, "prompt"))
    return provider::read_completion(body, where);
  if (codec::find(body, "input"))
    return provider::read_embedding(body, where);
  provider::throw_unreadable(where, "the request has neither messages, nor a prompt, nor an input");
}

formed wrapped(const json::object& o, const json::object& body, std::string_view where) {
  const auto method = codec::string_at(o, "method").value_or("POST");
  if (method != "POST")
    provider::throw_unreadable(where, "the request's method is " + std::string(method) + ", not POST");
  const auto url = codec::string_at(o, "url");
  return formed(url ? request_at(*url, body, where) : request_of(body, where), {"method", "url", "body"});
}

// Parameters that stand beside the messages; what else does is a column.
formed bare_chat(const json::object& o, json::object body, std::vector<std::string> used, std::string_view where) {
  for (const auto& member : o)
    if (provider::is_chat_member(member.key()) && !body.contains(member.key())) {
      body[member.key()] = member.value();
      used.emplace_back(member.key());
    }
  // As OpenAI's clients name what they merge into the body.
  if (const auto* more = codec::object_at(o, "extra_body")) {
    body.erase("extra_body");
    for (const auto& member : *more)
      body[member.key()] = member.value();
  }
  auto ask = provider::read_openai_chat(body, where);
  return formed(std::move(ask), std::move(used));
}

json::object message_object(std::string_view role, json::value content) {
  return json::object{{"role", role}, {"content", std::move(content)}};
}

formed chat_with(const json::object& o, std::string_view key, const json::value& prompt, bool table,
                 std::string_view where) {
  std::vector<std::string> used{std::string(key)};
  json::array messages;
  if (const auto system = codec::string_at(o, "system")) {
    messages.push_back(message_object("system", json::value(*system)));
    used.emplace_back("system");
  }
  if (prompt.is_array())
    messages.insert(messages.end(), prompt.get_array().begin(), prompt.get_array().end());
  else
    messages.push_back(message_object("user", prompt));
  json::object body{{"messages", std::move(messages)}};
  // A table's cells are all texts, and its columns the user's own.
  return table ? formed(provider::read_openai_chat(body, where), std::move(used))
               : bare_chat(o, std::move(body), std::move(used), where);
}

} // namespace

formed form_request(const json::object& o, bool table, std::string_view where) {
  if (const auto* body = codec::object_at(o, "body"))
    return wrapped(o, *body, where);
  if (const auto* params = codec::object_at(o, "params"); params && codec::find(*params, "messages"))
    return formed(provider::read_anthropic(*params, where), {"params"});
  if (const auto* request = codec::object_at(o, "request"); request && codec::find(*request, "contents"))
    return formed(provider::read_gemini(*request, where), {"request"});
  if (const auto* messages = codec::array_at(o, "messages"); messages && codec::string_at(o, "system"))
    return chat_with(o, "messages", *codec::find(o, "messages"), table, where);
  else if (messages)
    return bare_chat(o, json::object{{"messages", *messages}}, {"messages"}, where);
  for (const std::string_view key : {"prompt", "text", "input"})
    if (const auto* v = codec::find(o, key); v && (v->is_string() || (v->is_array() && key == "prompt")))
      return chat_with(o, key, *v, table, where);
  provider::throw_unreadable(where, o.empty()
                                        ? "the row is empty"
                                        : "the row is no request: it has " + names_of(o) +
                                              ", and no messages, prompt, text, input or body; a template "
                                              "such as 'Summarise: {{" +
                                              copy_of(std::string_view(o.begin()->key())) + "}}' makes one of it");
}

void put_system(json::object& row, std::string text) {
  const auto inner = [&row](std::string_view key) -> json::object* {
    auto* v = row.if_contains(key);
    return v ? v->if_object() : nullptr;
  };
  const auto set = [&text](json::object& o, std::string_view key, json::value v) {
    if (!codec::find(o, key))
      o[key] = std::move(v);
  };
  if (auto* params = inner("params"))
    return set(*params, "system", json::value(text));
  if (auto* request = inner("request")) {
    if (!codec::find(*request, "system_instruction"))
      set(*request, "systemInstruction", json::object{{"parts", json::array{json::object{{"text", text}}}}});
    return;
  }
  auto* body = inner("body");
  auto& holder = body ? *body : row;
  auto* messages = holder.if_contains("messages");
  auto* list = messages ? messages->if_array() : nullptr;
  if (!list)
    return set(holder, body ? "instructions" : "system", json::value(text));
  const auto role = list->empty() ? "" : codec::string_at(list->front(), "role").value_or("");
  if (role != "system" && role != "developer" && !codec::find(holder, "system"))
    list->insert(list->begin(), message_object("system", json::value(text)));
}

} // namespace weir::inline v0::input
