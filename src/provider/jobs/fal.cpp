// fal: quick tasks in one answer, all others by its queue (docs/providers.md, "Tasks" and "Jobs").
#include "provider/jobs/fal_job.hpp"

#include "provider/chat/common_encode.hpp"
#include "provider/offers.hpp"
#include "provider/paths.hpp"

namespace weir::inline v0::provider {

namespace {

namespace json = codec::json;

bool makes_image(task what) noexcept {
  return what == task::text_to_image || what == task::image_to_image || what == task::image_text_to_image;
}

bool makes_video(task what) noexcept {
  return what == task::text_to_video || what == task::image_to_video || what == task::image_text_to_video;
}

// fal goes by the content type, and refuses most of the correct ones: WAV and WebM have other names here, and
// everything else passes as MP3, whose decoder inspects the bytes.
std::string_view sound_label(std::string_view type) noexcept {
  const auto plain = type.substr(0, type.find(';'));
  if (plain == "audio/wav" || plain == "audio/x-wav" || plain == "audio/wave")
    return "audio/x-wav";
  if (plain == "audio/webm" || plain == "video/webm")
    return "video/webm";
  return "audio/mpeg";
}

std::string sound_url(const media& m) {
  if (!m.bytes.empty())
    return data_url(sound_label(m.content_type), m.bytes);
  constexpr std::string_view scheme = "data:";
  const auto end = m.url.find_first_of(";,");
  if (!m.url.starts_with(scheme) || end == m.url.npos)
    return m.url;
  std::string relabelled(scheme);
  relabelled += sound_label(std::string_view(m.url).substr(scheme.size(), end - scheme.size()));
  return relabelled.append(m.url, end);
}

void put_input(json::object& body, const task_request& ask) {
  if (ask.what() == task::automatic_speech_recognition || ask.what() == task::audio_to_audio) {
    body["audio_url"] = sound_url(ask.inputs().front());
    return;
  }
  const bool segments = ask.what() == task::image_segmentation;
  json::array images;
  for (const auto& m : ask.inputs())
    images.emplace_back(url_of(m));
  if (!images.empty())
    body["image_url"] = images.front();
  // Some models read one, some the other.
  if (!images.empty() && makes_image(ask.what()))
    body["image_urls"] = std::move(images);
  if (segments)
    body["sync_mode"] = true;
  if (!ask.texts().empty())
    body[ask.what() == task::text_to_speech ? "text" : "prompt"] = text_of(ask);
}

void put_size(json::object& body, task what) {
  if (what == task::text_to_image && body.contains("width") && body.contains("height")) {
    json::object size;
    size["width"] = take(body, "width");
    size["height"] = take(body, "height");
    body["image_size"] = std::move(size);
  }
  if (what == task::image_to_image || what == task::image_text_to_image)
    rename(body, "target_size", "image_size");
}

void put_lora(json::object& body, const route& to) {
  if (!to.lora || !(makes_image(to.what) || makes_video(to.what)))
    return;
  if (to.lora->weights.empty())
    throw error(errc::unsupported, "the Hub does not name the weights file of " + to.requested_model +
                                       ", without which fal-ai cannot load it");
  json::object lora;
  lora["path"] = "https://huggingface.co/" + path_of_model(to.lora->hub_model) + "/resolve/main/" +
                 path_of_model(to.lora->weights);
  lora["scale"] = 1;
  json::array loras;
  loras.push_back(std::move(lora));
  body["loras"] = std::move(loras);
  if (to.what == task::text_to_image && to.model == "fal-ai/lora")
    body["model_name"] = "stabilityai/stable-diffusion-xl-base-1.0";
}

http::request encode(const task_request& ask, const route& to) {
  json::object body;
  put_input(body, ask);
  for (auto& member : parameters_of(ask))
    body[member.key()] = std::move(member.value());
  put_size(body, ask.what());
  put_lora(body, to);
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

// fal-ai/flux-2/edit edits; without an image, fal-ai/flux-2 is meant.
std::string without_last_segment(const std::string& model) {
  const auto last = model.rfind('/');
  return last == model.npos || model.find('/') == last ? model : model.substr(0, last);
}

http::request encode_queued(const task_request& ask, const route& to) {
  auto r = encode(ask, to);
  const bool optional_image = ask.what() == task::image_text_to_image || ask.what() == task::image_text_to_video;
  if (optional_image && ask.inputs().empty() && to.direct)
    r.target = to.base + '/' + path_of_model(without_last_segment(to.model));
  r.target = fal_queue_target(to, std::move(r.target));
  return r;
}

media_result read_images(const json::value& body) {
  media_result r;
  if (const auto* list = codec::array_at(body, "images"))
    for (const auto& image : *list)
      r.items.push_back(file_in(&image, "an image"));
  else
    r.items.push_back(file_in(codec::find(body, "image"), "an image"));
  if (r.items.empty())
    unexpected("no images");
  return r;
}

media_result read_video(const json::value& body) {
  media_result r;
  r.items.push_back(file_in(codec::find(body, "video"), "a video"));
  return r;
}

media_result read_sound(const json::value& body) {
  const auto* file = codec::find(body, "audio_file");
  media_result r;
  r.items.push_back(file_in(file ? file : codec::find(body, "audio"), "an audio file"));
  return r;
}

audio_tracks read_track(const json::value& body) {
  audio_track t;
  t.label = codec::string_at(body, "text").value_or("speech");
  t.sound = file_in(codec::find(body, "audio"), "an audio file");
  audio_tracks r;
  r.tracks.push_back(std::move(t));
  return r;
}

segmentation read_mask(const json::value& body) {
  image_segment s;
  s.label = "mask";
  s.mask = file_in(codec::find(body, "image"), "a mask");
  segmentation r;
  r.segments.push_back(std::move(s));
  return r;
}

transcription read_speech(const json::value& body) {
  auto text = codec::string_at(body, "text");
  if (!text)
    text = codec::string_at(body, "output");
  if (!text)
    unexpected("no text");
  transcription r;
  r.text = *text;
  r.chunks = chunks_in(body);
  return r;
}

template <class Result, fal_reader<Result>* read>
Result read_body(const http::response_head&, std::string body) {
  return read(read_json(body));
}

template <class Result, fal_reader<Result>* read>
std::unique_ptr<job_protocol> at_once(const task_request&, const route&) {
  constexpr typename whole_answer<Result>::finder* find = media_in;
  return std::make_unique<whole_answer<Result>>(read_body<Result, read>, find);
}

template <class Result, fal_reader<Result>* read>
std::unique_ptr<job_protocol> queued(const task_request&, const route& to) {
  return std::make_unique<fal_job<Result>>(to, read);
}

constexpr offer quick(task what, offer::starter* start) {
  return offer(what, "/{model}", encode, start).fetches_urls();
}
constexpr offer slow(task what, offer::starter* start) {
  return offer(what, "/{model}", encode_queued, start).fetches_urls().at("queue.fal.run");
}

constexpr offer list[] = {
    quick(task::text_to_image, at_once<media_result, read_images>),
    quick(task::text_to_speech, at_once<media_result, read_sound>),
    quick(task::automatic_speech_recognition, at_once<transcription, read_speech>),
    slow(task::image_to_image, queued<media_result, read_images>),
    slow(task::image_text_to_image, queued<media_result, read_images>),
    slow(task::text_to_video, queued<media_result, read_video>),
    slow(task::image_to_video, queued<media_result, read_video>),
    slow(task::image_text_to_video, queued<media_result, read_video>),
    slow(task::text_to_audio, queued<media_result, read_sound>),
    slow(task::audio_to_audio, queued<audio_tracks, read_track>),
    slow(task::image_segmentation, queued<segmentation, read_mask>),
};

} // namespace

std::span<const offer> fal_offers() noexcept { return list; }

} // namespace weir::inline v0::provider
