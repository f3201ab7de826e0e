// Answers about images and sounds (docs/providers.md, "Tasks").
#include "provider/tasks/hf_tasks.hpp"
#include "provider/tasks/task_fields.hpp"

namespace weir::inline v0::provider {

namespace json = codec::json;

segmentation hf_segments(const http::response_head&, std::string body) {
  const auto v = read_json(body);
  segmentation r;
  for (const auto& one : list_of(v)) {
    image_segment s;
    s.label = needed_text(one, "label");
    s.score = codec::number_at(one, "score");
    s.mask = needed_bytes(one, "mask");
    r.segments.push_back(std::move(s));
  }
  return r;
}

detections hf_detections(const http::response_head&, std::string body) {
  const auto v = read_json(body);
  detections r;
  for (const auto& one : list_of(v)) {
    detection d;
    d.label = needed_text(one, "label");
    d.score = needed_number(one, "score");
    const auto* box = codec::find(one, "box");
    if (!box)
      unexpected("an element without a box");
    d.xmin = needed_number(*box, "xmin");
    d.ymin = needed_number(*box, "ymin");
    d.xmax = needed_number(*box, "xmax");
    d.ymax = needed_number(*box, "ymax");
    r.all.push_back(std::move(d));
  }
  return r;
}

audio_tracks hf_tracks(const http::response_head&, std::string body) {
  const auto v = read_json(body);
  audio_tracks r;
  for (const auto& one : list_of(v)) {
    audio_track t;
    t.label = needed_text(one, "label");
    t.sound = needed_bytes(one, "blob", codec::string_at(one, "content-type").value_or(""));
    r.tracks.push_back(std::move(t));
  }
  if (r.tracks.empty())
    unexpected("no audio");
  return r;
}

} // namespace weir::inline v0::provider
