// Where weir differs on purpose from what the data expects. Each difference is undone in what is
// expected before the comparison, so that everything else is still compared.
#pragma once

#include <string>
#include <string_view>

#include "lines.hpp"

namespace conformance {

/// Rewrites the expected body of a text generation; gives the reasons, empty if nothing differs.
inline std::string known_difference(std::string_view task, std::string_view provider, json::object& body) {
  if (task != "text-generation")
    return {};
  std::string why;
  // The recorded client leaves `stream` out where its caller did; weir always says it, which
  // means the same and does not depend on the server's default.
  if (!body.contains("stream")) {
    body["stream"] = false;
    why = "stream: false is said explicitly";
  }
  if (provider == "hf-inference")
    return why;
  // The recorded client sends TGI's parameter names to completions APIs (together, novita), or those
  // of them that it does not rename (deepinfra, featherless-ai). These servers ignore or refuse
  // them: weir renames max_new_tokens and leaves out what the API does not have (facts §1.4).
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

/// Rewrites the expected reading of a stream; gives the reason, empty if nothing differs.
inline std::string known_difference(json::object& expected, const json::array& chunks) {
  if (!text_at(expected, "reasoning").empty())
    return {};
  // Mistral sends reasoning as parts of `content` (facts §3.2). The expectation leaves those parts
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
