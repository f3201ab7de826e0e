// Recorded responses of vendors that run jobs. Their content is extracted by hand, independently of the decoders.
#pragma once

#include <any>
#include <optional>
#include <string>

#include <weir/task/hub/audio_tasks.hpp>
#include <weir/task/hub/vision_tasks.hpp>

#include "http/message/url.hpp"
#include "lines.hpp"
#include "provider/mapping.hpp"
#include "provider/offers.hpp"

namespace conformance {

/// Whether a line is one of these vendors' responses to a task.
inline bool is_job_answer(const json::value& line) {
  const auto provider = text_at(line, "provider");
  return (provider == "fal-ai" || provider == "replicate") && text_at(line, "method") == "POST" &&
         text_at(line, "task") != "conversational";
}

/// Why a line that looks like one of these is skipped; empty if it is not.
inline std::string skipped_job(const json::value& line) {
  // Removed from the official clients on 2026-07-01: weir does not offer it.
  return text_at(line, "provider") == "black-forest-labs" ? "black-forest-labs was removed as a vendor" : "";
}

inline weir::task_request job_ask(weir::task_kind what) {
  weir::task_request ask(what);
  ask.add_text("x");
  ask.add_input(weir::media("x"));
  return ask;
}

inline std::string compare_files(const json::array& urls, const weir::media_result& got) {
  if (got.items.size() != urls.size())
    return std::to_string(got.items.size()) + " files";
  for (std::size_t i = 0; i < urls.size(); ++i)
    if (got.items[i].url != urls[i].as_string())
      return "file at " + got.items[i].url;
  return {};
}

inline std::string compare_speech(const json::value& body, const weir::transcription& got) {
  if (got.text != text_at(body, "text"))
    return "text " + got.text;
  const auto* chunks = weir::codec::array_at(body, "chunks");
  if (got.chunks.size() != (chunks ? chunks->size() : 0))
    return "chunks";
  for (std::size_t i = 0; i < got.chunks.size(); ++i) {
    const auto& wanted = (*chunks)[i];
    const auto& times = *weir::codec::array_at(wanted, "timestamp");
    if (got.chunks[i].text != text_at(wanted, "text") || got.chunks[i].start != times[0].to_number<double>() ||
        got.chunks[i].end != times[1].to_number<double>())
      return "chunk " + got.chunks[i].text;
  }
  return {};
}

/// Decodes such a response; returns what is wrong, empty if nothing is.
inline std::string check_job_answer(const json::value& line, const weir::http::response_head& head,
                                    const json::value& body) {
  namespace provider = weir::provider;
  const auto what = weir::find_task_kind(text_at(line, "task"));
  if (!what)
    return "no such task";
  const auto url = weir::http::parse_url(text_at(line, "url"));
  provider::route to;
  to.provider = text_at(line, "provider");
  to.what = *what;
  to.to = url.origin;
  to.direct = url.origin.host() != "router.huggingface.co";
  to.base = to.direct ? "" : "/" + to.provider;
  to.target = url.target;
  const auto job = provider::start_task(job_ask(*what), to);
  auto next = job->on_answer(head, weir::codec::to_text(body));
  if (next.what == provider::step::kind::failed)
    return "failure: " + next.why.describe();

  const auto* output = weir::codec::find(body, "output");
  if (to.provider == "replicate" && !output) {
    const auto wanted = to.base + "/v1/predictions/" + text_at(body, "id");
    if (next.what != provider::step::kind::again || next.next.target != wanted || next.next.to.text() != to.to.text())
      return "not polled at " + wanted;
    return next.now.status == text_at(body, "status") ? "" : "status " + next.now.status;
  }
  if (next.what != provider::step::kind::done)
    return "the result was not taken";
  const auto got = job->take();
  if (const auto* speech = std::any_cast<weir::transcription>(&got))
    return compare_speech(body, *speech);
  json::array urls;
  if (output)
    urls = output->is_array() ? output->get_array() : json::array{*output};
  else
    for (const auto& image : body.at("images").as_array())
      urls.push_back(image.at("url"));
  return compare_files(urls, std::any_cast<const weir::media_result&>(got));
}

} // namespace conformance
