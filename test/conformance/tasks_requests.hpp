// Requests of the tasks with a single response: hf-inference and OpenAI-like routes.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/core/base64.hpp>

#include "lines.hpp"
#include "provider/mapping.hpp"
#include "provider/offers.hpp"
#include "provider/tasks/task_json.hpp"

namespace conformance {

namespace provider = weir::provider;

inline bool is_whole_task(std::string_view vendor, std::string_view task) {
  if (task == "conversational" || task == "text-generation" || task == "text-to-video" || task == "image-to-video")
    return false;
  constexpr std::string_view vendors[] = {"deepinfra", "hf-inference", "nscale", "scaleway", "together"};
  return std::find(std::begin(vendors), std::end(vendors), vendor) != std::end(vendors);
}

inline weir::http::request make_task(const json::value& line) {
  using namespace weir;
  const auto what = *find_task_kind(text_at(line, "task"));
  const bool own_key = text_at(line, "key") == "provider";
  const auto mapped = text_at(line, "provider_model_id");
  provider::target t;
  t.provider = text_at(line, "provider");
  t.model = own_key ? mapped : std::string("org/model");
  t.key = secret(own_key ? "pk-TEST" : "hf_TEST");

  json::value input = line.at("input");
  auto extra = codec::object_at(line, "extra_payload") ? *codec::object_at(line, "extra_payload") : json::object();
  std::vector<media> attached;
  const auto attach = [&attached](std::string_view base64) { attached.emplace_back(*decode_base64(base64)); };
  if (const auto bytes = codec::string_at(input, "$bytes_b64")) {
    attach(*bytes);
    input = nullptr;
  }
  // The recorded client's callers assembled these by hand.
  if (what == task_kind::document_question_answering) {
    attach(text_at(input, "image"));
    input.as_object().erase("image");
  } else if (what == task_kind::visual_question_answering) {
    input = json::object{{"question", extra.at("question")}};
    extra.clear();
  } else if (what == task_kind::tabular_classification) {
    input = std::exchange(extra["table"], nullptr);
    extra.clear();
  }
  auto ask = provider::read_task(what, t.model, input, std::move(attached), line.at("parameters").as_object());
  for (const auto& member : extra)
    if (!member.value().is_null())
      ask.add_extra_body(std::string(member.key()), codec::to_text(member.value()));

  auto route = provider::resolve(what, t);
  if (route.needs_mapping)
    provider::apply_mapping(route, provider::mapping(t.provider, mapped));
  return provider::encode_task(ask, route);
}

/// The parts of a form, each with its headers; the boundary is the header's.
inline std::optional<std::vector<std::string>> parts_of(std::string_view content_type, std::string_view body) {
  constexpr std::string_view mark = "boundary=";
  const auto at = content_type.find(mark);
  if (!content_type.starts_with("multipart/form-data;") || at == content_type.npos)
    return std::nullopt;
  const auto delimiter = "--" + std::string(content_type.substr(at + mark.size()));
  std::vector<std::string> parts;
  while (body.starts_with(delimiter + "\r\n")) {
    body.remove_prefix(delimiter.size() + 2);
    const auto end = body.find("\r\n" + delimiter);
    if (end == body.npos)
      return std::nullopt;
    parts.emplace_back(body.substr(0, end));
    body.remove_prefix(end + 2);
  }
  return body == delimiter + "--\r\n" ? std::optional(parts) : std::nullopt;
}

inline std::string compare_forms(const std::string& wanted_type, const std::string& wanted,
                                 const weir::http::request& got, std::string& known) {
  auto want = parts_of(wanted_type, wanted);
  const auto have = parts_of(got.headers.get("content-type"), got.body);
  if (!want || !have || want->size() != have->size())
    return "a form with a different number of parts";
  for (std::size_t i = 0; i < want->size(); ++i) {
    auto& part = (*want)[i];
    if (part == (*have)[i])
      continue;
    // The recorded client does not inspect audio that it is given as bytes; weir sends the detected type.
    constexpr std::string_view unknown = "Content-Type: application/octet-stream", told = "Content-Type: audio/wav";
    if (const auto at = part.find(unknown); at != part.npos)
      part.replace(at, unknown.size(), told);
    if (part != (*have)[i])
      return "part " + std::to_string(i) + " is " + (*have)[i];
    known = "the file's content type is detected from its bytes";
  }
  return {};
}

/// Rewrites the expected body where weir deliberately differs; returns the reason, empty if nothing differs.
inline std::string known_task_difference(std::string_view vendor, std::string_view task, json::object& body) {
  // Base64 is a third of the size, and is documented there.
  if (vendor == "deepinfra" && task == "feature-extraction" && !body.contains("encoding_format")) {
    body["encoding_format"] = "base64";
    return "vectors are requested in base64";
  }
  // The recorded client calls every image of unknown type a JPEG; weir inspects its first bytes.
  constexpr std::string_view jpeg = "data:image/jpeg;base64,iVBOR";
  const auto relabel = [jpeg](json::value& v) {
    if (!v.is_string() || !std::string_view(v.get_string()).starts_with(jpeg))
      return false;
    v = "data:image/png;base64,iVBOR" + std::string(v.get_string()).substr(jpeg.size());
    return true;
  };
  bool changed = false;
  if (auto* url = body.if_contains("image_url"))
    changed = relabel(*url);
  if (auto* list = body.if_contains("reference_images"))
    for (auto& v : list->as_array())
      changed = relabel(v) || changed;
  return changed ? "the image's content type is detected from its bytes" : "";
}

/// Calls `compare` with the expected JSON body; raw bodies and forms are compared here.
template <class Compare>
void check_task(const json::value& line, const std::string& id, tally& count, Compare compare) {
  using namespace weir;
  const auto& wanted = line.at("request");
  const auto got = make_task(line);
  std::string bytes;
  if (const auto* raw = codec::object_at(wanted, "body"))
    bytes = *decode_base64(text_at(json::value(*raw), "$bytes_b64"));
  const auto type = text_at(wanted.at("headers"), "content-type");
  std::string why, known;
  if (type.starts_with("multipart/")) {
    auto rest = wanted.as_object();
    rest["headers"].as_object().erase("content-type");
    why = compare(json::value(rest), nullptr, got);
    if (why.empty())
      why = compare_forms(type, bytes, got, known);
  } else if (!type.empty()) {
    error_code ec;
    auto body = bytes.empty() ? wanted.at("json") : codec::parse_json(bytes, ec);
    known = known_task_difference(text_at(line, "provider"), text_at(line, "task"), body.as_object());
    why = compare(wanted, &body.as_object(), got);
  } else {
    why = compare(wanted, nullptr, got);
    if (why.empty() && got.body != bytes)
      why = "the body is not the input's bytes";
  }
  if (!why.empty())
    return count.fail(id, why);
  if (!known.empty())
    count.known(id, known);
  count.pass();
}

} // namespace conformance
