// Where weir deliberately differs from what the data expects. Each difference is undone in the expectation before the
// comparison, so that everything else is still compared.
#pragma once

#include <string>
#include <string_view>

#include "lines.hpp"

namespace conformance {

/// Rewrites the expected body of a text generation; returns the reasons, empty if nothing differs.
inline std::string known_difference(std::string_view task, std::string_view provider, json::object& body) {
  if (task != "text-generation")
    return {};
  std::string why;
  // The recorded client leaves `stream` out if its caller did; weir always sends it, which means the same and does not
  // depend on the server's default.
  if (!body.contains("stream")) {
    body["stream"] = false;
    why = "stream: false is sent explicitly";
  }
  if (provider == "hf-inference")
    return why;
  // The recorded client sends TGI's parameter names to completions APIs (together, novita), or those
  // of them that it does not rename (deepinfra, featherless-ai). These servers ignore or refuse
  // them: weir renames max_new_tokens and leaves out what the API does not have.
  if (auto* tokens = body.if_contains("max_new_tokens")) {
    body["max_tokens"] = *tokens;
    body.erase("max_new_tokens");
    why += (why.empty() ? "" : "; ") + std::string("max_new_tokens is sent as max_tokens");
  }
  for (const auto* name : {"adapter_id", "decoder_input_details", "details", "do_sample", "grammar", "return_full_text",
                           "top_n_tokens", "truncate", "typical_p", "watermark"})
    if (body.erase(name))
      why += (why.empty() ? "" : "; ") + std::string(name) + " is left out";
  return why;
}

/// Writes the content types that weir sends into every `data:` URL of the expected body.
inline void relabel(json::value& v, std::string_view image, std::string_view sound, bool& changed) {
  if (auto* o = v.if_object()) {
    for (auto& member : *o)
      relabel(member.value(), image, sound, changed);
  } else if (auto* list = v.if_array()) {
    for (auto& element : *list)
      relabel(element, image, sound, changed);
  } else if (v.is_string()) {
    const std::string text(v.get_string());
    const auto comma = text.find(",");
    if (!text.starts_with("data:") || comma == text.npos)
      return;
    // The first bytes of a PNG and of a RIFF file in base64.
    const auto rest = std::string_view(text).substr(comma);
    const auto label = rest.starts_with(",iVBORw0KGgo") ? image
                       : rest.starts_with(",UklGR")     ? sound
                                                        : std::string_view();
    const auto wanted = "data:" + std::string(label) + ";base64" + std::string(rest);
    if (!label.empty() && wanted != text) {
      v = wanted;
      changed = true;
    }
  }
}

/// Rewrites the expected body of a job; returns the reason, empty if nothing differs.
inline std::string known_job_difference(std::string_view provider, json::object& body) {
  // The recorded client labels bytes of a type it was not told with one that its author chose: a PNG goes out
  // as a JPEG, a WAV to fal as an MP3. weir looks at the bytes; fal knows WAV as audio/x-wav.
  bool changed = false;
  json::value all(std::move(body));
  relabel(all, "image/png", provider == "fal-ai" ? "audio/x-wav" : "audio/wav", changed);
  body = std::move(all.get_object());
  return changed ? "bytes are labelled with their detected type" : "";
}

/// Rewrites the expected reading of a stream; returns the reason, empty if nothing differs.
inline std::string known_difference(json::object& expected, const json::array& chunks) {
  if (!text_at(expected, "reasoning").empty())
    return {};
  // Mistral sends reasoning as parts of `content` (docs/dialects.md). The expectation leaves those parts
  // out; weir reads them as reasoning, because no token may be lost.
  std::string thoughts;
  for (const auto& chunk : chunks)
    if (const auto* choices = weir::codec::array_at(chunk, "choices"))
      for (const auto& choice : *choices)
        if (const auto* delta = weir::codec::find(choice, "delta"))
          if (const auto* parts = weir::codec::array_at(*delta, "content"))
            for (const auto& part : *parts)
              if (const auto* list = weir::codec::array_at(part, "thinking"))
                for (const auto& thought : *list)
                  thoughts += text_at(thought, "text");
  if (thoughts.empty())
    return {};
  expected["reasoning"] = thoughts;
  return "thinking parts of content are read as reasoning";
}

} // namespace conformance
