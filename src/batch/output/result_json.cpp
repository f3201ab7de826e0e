#include "batch/output/result_json.hpp"

#include <weir/core/base64.hpp>
#include <weir/task/results.hpp>

namespace weir::inline v0 {

namespace json = codec::json;

namespace {

template <class T>
void put(json::object& o, std::string_view key, const std::optional<T>& v) {
  if (v)
    o[key] = *v;
}

json::value to_json(const std::vector<std::string>& texts) { return json::array(texts.begin(), texts.end()); }

// Declared before list(), which would not find later overloads.
json::value to_json(const media&);
json::value to_json(const label_score&);
json::value to_json(const std::vector<label_score>&);
json::value to_json(const found_answer&);
json::value to_json(const filled_mask&);
json::value to_json(const std::vector<filled_mask>&);
json::value to_json(const token_span&);
json::value to_json(const std::vector<token_span>&);
json::value to_json(const image_segment&);
json::value to_json(const detection&);
json::value to_json(const transcript_chunk&);
json::value to_json(const audio_track&);

template <class T>
json::array list(const std::vector<T>& all) {
  json::array a;
  for (const auto& one : all)
    a.push_back(to_json(one));
  return a;
}

json::value to_json(const media& m) {
  json::object o;
  if (!m.content_type.empty())
    o["content_type"] = m.content_type;
  if (!m.path.empty())
    o["path"] = m.path;
  if (!m.url.empty())
    o["url"] = m.url;
  if (!m.bytes.empty()) {
    o["bytes"] = m.bytes.size();
    o["base64"] = encode_base64(m.bytes);
  }
  return o;
}

json::value to_json(const label_score& l) { return json::object{{"label", l.label}, {"score", l.score}}; }

json::value to_json(const std::vector<label_score>& all) { return list(all); }

json::value to_json(const found_answer& a) {
  json::object o{{"answer", a.text}};
  put(o, "score", a.score);
  put(o, "start", a.start);
  put(o, "end", a.end);
  return o;
}

json::value to_json(const filled_mask& m) {
  return json::object{{"sequence", m.sequence}, {"token_str", m.token_text}, {"token", m.token}, {"score", m.score}};
}

json::value to_json(const std::vector<filled_mask>& all) { return list(all); }

json::value to_json(const token_span& s) {
  json::object o{{"label", s.label}, {"word", s.word}, {"score", s.score}};
  put(o, "start", s.start);
  put(o, "end", s.end);
  return o;
}

json::value to_json(const std::vector<token_span>& all) { return list(all); }

json::value to_json(const image_segment& s) {
  json::object o{{"label", s.label}};
  put(o, "score", s.score);
  o["mask"] = to_json(s.mask);
  return o;
}

json::value to_json(const detection& d) {
  return json::object{{"label", d.label},
                      {"score", d.score},
                      {"box", json::object{{"xmin", d.xmin}, {"ymin", d.ymin}, {"xmax", d.xmax}, {"ymax", d.ymax}}}};
}

json::value to_json(const transcript_chunk& s) {
  json::object o{{"text", s.text}};
  put(o, "start", s.start);
  put(o, "end", s.end);
  return o;
}

json::value to_json(const audio_track& t) { return json::object{{"label", t.label}, {"sound", to_json(t.sound)}}; }

json::array row_of(const embeddings& e, std::size_t i) {
  json::array a;
  for (const auto v : e.row(i))
    a.push_back(v);
  return a;
}

json::value to_json(const text_result& r) { return json::object{{"texts", to_json(r.texts)}}; }
json::value to_json(const classification& r) { return json::object{{"inputs", list(r.inputs)}}; }
json::value to_json(const found_answers& r) { return json::object{{"answers", list(r.all)}}; }
json::value to_json(const mask_fills& r) { return json::object{{"masks", list(r.masks)}}; }
json::value to_json(const token_spans& r) { return json::object{{"inputs", list(r.inputs)}}; }
json::value to_json(const media_result& r) { return json::object{{"items", list(r.items)}}; }
json::value to_json(const segmentation& r) { return json::object{{"segments", list(r.segments)}}; }
json::value to_json(const detections& r) { return json::object{{"detections", list(r.all)}}; }
json::value to_json(const audio_tracks& r) { return json::object{{"tracks", list(r.tracks)}}; }
json::value to_json(const similarities& r) {
  return json::object{{"scores", json::array(r.scores.begin(), r.scores.end())}};
}
json::value to_json(const transcription& r) { return json::object{{"text", r.text}, {"chunks", list(r.chunks)}}; }
json::value to_json(const tabular_result& r) {
  json::object o{{"labels", to_json(r.labels)}};
  if (!r.numbers.empty())
    o["numbers"] = json::array(r.numbers.begin(), r.numbers.end());
  return o;
}
json::value to_json(const table_answer& r) {
  json::array coordinates;
  for (const auto& c : r.coordinates)
    coordinates.push_back(json::array(c.begin(), c.end()));
  return json::object{{"answer", r.text},
                      {"coordinates", std::move(coordinates)},
                      {"cells", to_json(r.cells)},
                      {"aggregator", r.aggregator}};
}
json::value to_json(const embeddings& r) {
  json::array rows;
  for (std::size_t i = 0; i < r.rows(); ++i)
    rows.push_back(row_of(r, i));
  return json::object{{"shape", json::array(r.shape.begin(), r.shape.end())}, {"rows", std::move(rows)}};
}

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

json::value result_json(const std::any& result) {
  json::value v;
  with(result, [&v](const auto& r) { v = to_json(r); });
  return v;
}

} // namespace weir::inline v0
