#include "tool/output/results.hpp"

#include <fmt/format.h>

#include "codec/json/json.hpp"

namespace weir::inline v0::cli {

namespace {

std::string row_of(const embeddings& e, std::size_t i) {
  const auto row = e.row(i);
  return codec::to_text(codec::json::array(row.begin(), row.end()));
}

// Prints results as lines of text.
class lines {
public:
  explicit lines(const std::function<void(std::string_view)>& out) : out_(out) {}
  void put(const std::string& text) const { out_(text + '\n'); }
  void scored(std::optional<double> score, const std::string& text) const {
    put(score ? fmt::format("{:.4f}  {}", *score, text) : text);
  }
  void file(const media& m) const {
    if (!m.path.empty())
      put(m.path);
    else if (m.bytes.empty())
      put(m.url);
    else
      out_(m.bytes);
  }

  void operator()(const text_result& r) const {
    for (const auto& t : r.texts)
      put(t);
  }
  void operator()(const classification& r) const {
    for (const auto& input : r.inputs) {
      if (&input != &r.inputs.front())
        put("");
      for (const auto& l : input)
        scored(l.score, l.label);
    }
  }
  void operator()(const found_answers& r) const {
    for (const auto& a : r.all)
      scored(a.score, a.text);
  }
  void operator()(const table_answer& r) const { put(r.text); }
  void operator()(const mask_fills& r) const {
    for (const auto& mask : r.masks)
      for (const auto& m : mask)
        scored(m.score, m.sequence);
  }
  void operator()(const token_spans& r) const {
    for (const auto& input : r.inputs)
      for (const auto& s : input)
        scored(s.score, s.label + "  " + s.word);
  }
  void operator()(const tabular_result& r) const {
    for (const auto& l : r.labels)
      put(l);
  }
  void operator()(const similarities& r) const {
    for (const auto s : r.scores)
      put(fmt::format("{}", s));
  }
  void operator()(const embeddings& r) const {
    for (std::size_t i = 0; i < r.rows(); ++i)
      put(row_of(r, i));
  }
  void operator()(const media_result& r) const {
    for (const auto& m : r.items)
      file(m);
  }
  void operator()(const segmentation& r) const {
    for (const auto& s : r.segments)
      scored(s.score, s.label + (s.mask.path.empty() ? "" : "  " + s.mask.path));
  }
  void operator()(const detections& r) const {
    for (const auto& d : r.all)
      scored(d.score, fmt::format("{}  {},{} {},{}", d.label, d.xmin, d.ymin, d.xmax, d.ymax));
  }
  void operator()(const transcription& r) const { put(r.text); }
  void operator()(const audio_tracks& r) const {
    for (const auto& t : r.tracks)
      put(t.label + (t.sound.path.empty() ? "" : "  " + t.sound.path));
  }

private:
  const std::function<void(std::string_view)>& out_;
};

template <class Function, class... Result>
void with_any(const std::any& any, const Function& f) {
  (void)((std::any_cast<Result>(&any) ? (f(*std::any_cast<Result>(&any)), true) : false) || ...);
}

template <class Function>
void with(const std::any& any, const Function& f) {
  with_any<Function, text_result, classification, found_answers, table_answer, mask_fills, token_spans, tabular_result,
           similarities, embeddings, media_result, segmentation, detections, transcription, audio_tracks>(any, f);
}

} // namespace

void print_result(const std::any& result, const std::function<void(std::string_view)>& out) {
  with(result, lines(out));
}

bool gives_files(task_kind k) noexcept {
  switch (k) {
  case task_kind::text_to_image:
  case task_kind::image_to_image:
  case task_kind::image_text_to_image:
  case task_kind::text_to_video:
  case task_kind::image_to_video:
  case task_kind::image_text_to_video:
  case task_kind::text_to_speech:
  case task_kind::text_to_audio:
  case task_kind::audio_to_audio: return true;
  default: return false;
  }
}

} // namespace weir::inline v0::cli
