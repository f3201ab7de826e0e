// Requests as hf-inference takes them (docs/providers.md, "Tasks").
#include <weir/core/base64.hpp>

#include "provider/chat/common_encode.hpp"
#include "provider/tasks/hf_tasks.hpp"
#include "provider/tasks/task_fields.hpp"

namespace weir::inline v0::provider {

namespace json = codec::json;

namespace {

http::request inputs_request(const task_request& ask, const route& to, json::value inputs) {
  json::object body;
  body["inputs"] = std::move(inputs);
  body["parameters"] = parameters_of(ask);
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

json::object fields_of(const task_request& ask) {
  json::object fields;
  for (const auto& [name, v] : ask.fields())
    fields[name] = to_json(name, v);
  return fields;
}

json::object table_of(const task_request& ask) {
  json::object table;
  for (const auto& [column, cells] : ask.table())
    table[column] = json::array(cells.begin(), cells.end());
  return table;
}

// In JSON: base64, or the URL of a file that was not fetched.
std::string encoded(const media& m) { return m.bytes.empty() ? m.url : encode_base64(m.bytes); }

bool gives_image(task_kind k) noexcept { return k == task::text_to_image || k == task::image_to_image; }

http::request accepting_image(const task_request& ask, http::request r) {
  if (gives_image(ask.what()))
    r.headers.set("accept", "image/png");
  return r;
}

} // namespace

http::request hf_texts(const task_request& ask, const route& to) { return inputs_request(ask, to, texts_of(ask)); }

http::request hf_prompt(const task_request& ask, const route& to) {
  return accepting_image(ask, inputs_request(ask, to, json::value(text_of(ask))));
}

http::request hf_fields(const task_request& ask, const route& to) {
  auto fields = fields_of(ask);
  if (!ask.table().empty())
    fields["table"] = table_of(ask);
  return inputs_request(ask, to, std::move(fields));
}

http::request hf_embeddings(const task_request& ask, const route& to) {
  json::object body;
  body["inputs"] = texts_of(ask);
  for (auto& p : parameters_of(ask))
    body[p.key()] = std::move(p.value());
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

http::request hf_table(const task_request& ask, const route& to) {
  json::object body;
  auto parameters = parameters_of(ask);
  // Regression is known from the official JavaScript client alone, which writes tables so.
  if (ask.what() == task::tabular_regression)
    body["inputs"] = json::object{{"data", table_of(ask)}};
  if (ask.what() != task::tabular_regression || !parameters.empty())
    body["parameters"] = std::move(parameters);
  if (ask.what() != task::tabular_regression)
    body["table"] = table_of(ask);
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

http::request hf_bytes(const task_request& ask, const route& to) {
  const auto& input = one_input(ask);
  json::object parameters;
  if (const auto prompt = text_of(ask); !prompt.empty())
    parameters["prompt"] = prompt;
  for (auto& p : parameters_of(ask))
    parameters[p.key()] = std::move(p.value());
  if (input.bytes.empty() || !parameters.empty() || !ask.extra_body().empty()) {
    json::object body;
    body["inputs"] = encoded(input);
    body["parameters"] = std::move(parameters);
    merge_extra(body, ask.extra_body());
    return accepting_image(ask, json_request(to, body));
  }
  http::request r;
  r.to = to.to;
  r.target = to.target;
  r.headers = to.headers;
  if (!input.content_type.empty())
    r.headers.set("content-type", input.content_type);
  r.auth = to.auth;
  r.body = input.bytes;
  return accepting_image(ask, std::move(r));
}

// Servers differ in where they expect the image: `inputs` or `image`.
http::request hf_visual_question(const task_request& ask, const route& to) {
  const auto image = encoded(one_input(ask));
  json::object body;
  body["inputs"] = image;
  body["parameters"] = parameters_of(ask);
  for (auto& f : fields_of(ask))
    body[f.key()] = std::move(f.value());
  body["image"] = image;
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

http::request hf_document_question(const task_request& ask, const route& to) {
  auto inputs = fields_of(ask);
  inputs["image"] = encoded(one_input(ask));
  return inputs_request(ask, to, std::move(inputs));
}

} // namespace weir::inline v0::provider
