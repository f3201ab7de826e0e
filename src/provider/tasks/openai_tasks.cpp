// Embeddings, images and audio as OpenAI speaks them: of servers that are reached by their URL, and of
// the vendors that took the protocol over (docs/providers.md, "Tasks").
#include "provider/tasks/openai_tasks.hpp"

#include "codec/framing/multipart.hpp"
#include "codec/json/floats.hpp"
#include "provider/chat/common_encode.hpp"
#include "provider/chat/openai/openai_parts.hpp"
#include "provider/offers.hpp"
#include "provider/tasks/task_fields.hpp"

namespace weir::inline v0::provider {

namespace json = codec::json;

namespace {

// The same form always gets the same boundary, so that a retried request is identical. Not secret: it is only a
// separator because no part contains it.
std::string boundary_for(const codec::form_data& form, std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037u; // FNV-1a
  for (const char c : bytes)
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  for (;;) {
    const auto boundary = "weir-form-" + std::to_string(hash);
    if (!form.clashes(boundary))
      return boundary;
    ++hash;
  }
}

std::string field_text(const json::value& v) { return v.is_string() ? std::string(v.get_string()) : codec::to_text(v); }

// Servers infer the format from the file name.
std::string file_name(const media& sound) {
  const auto extension = file_extension(sound.content_type);
  auto name = sound.name.empty() ? std::string("audio") : sound.name;
  for (auto& c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
      c = '_';
  if (name.find('.') == name.npos)
    name.append(".").append(extension == "bin" ? "wav" : extension);
  return name;
}

// Word timestamps have another name here.
void ask_for_times(json::object& fields) {
  const auto wanted = take(fields, "return_timestamps");
  if (wanted == true && !fields.contains("response_format"))
    fields["response_format"] = "verbose_json";
}

http::request encode_whisper(const task_request& ask, const route& to, bool rename) {
  const auto& sound = one_input(ask);
  auto parameters = parameters_of(ask);
  if (rename)
    ask_for_times(parameters);
  merge_extra(parameters, ask.extra_body());

  std::vector<std::pair<std::string, std::string>> fields;
  for (const auto& p : parameters) {
    if (const auto* list = p.value().if_array())
      for (const auto& one : *list)
        fields.emplace_back(p.key(), field_text(one));
    else
      fields.emplace_back(p.key(), field_text(p.value()));
  }
  codec::form_data form;
  const auto name = file_name(sound);
  const std::string type = sound.content_type.empty() ? "application/octet-stream" : sound.content_type;
  if (sound.bytes.empty())
    form.add("file", sound.url);
  else
    form.add_file("file", name, type, sound.bytes);
  for (const auto& [key, text] : fields)
    form.add(key, text);
  form.add("model", to.model);

  const auto boundary = boundary_for(form, sound.bytes);
  http::request r;
  r.to = to.to;
  r.target = to.target;
  r.headers = to.headers;
  r.headers.set("content-type", codec::form_data::content_type(boundary));
  r.auth = to.auth;
  r.body = form.body(boundary);
  return r;
}

http::request openai_transcription_with_times(const task_request& ask, const route& to) {
  return encode_whisper(ask, to, true);
}

http::request nscale_image(const task_request& ask, const route& to) {
  auto body = openai_body(ask, to, "prompt");
  for (const auto* unknown : {"num_inference_steps", "cfg_scale"})
    body.erase(unknown);
  join_size(body);
  if (!body.contains("response_format"))
    body["response_format"] = "b64_json";
  return openai_request(ask, to, std::move(body));
}

// The position of each row of the response.
class placed_rows {
public:
  explicit placed_rows(std::size_t count) : begins_(count, none) {}

  void place(std::size_t index, std::size_t begin, std::size_t end) {
    if (index >= begins_.size() || begins_[index] != none)
      unexpected("a vector with a repeated or out-of-range index");
    if (end == begin || (length_ != 0 && end - begin != length_))
      unexpected("vectors of unequal length");
    length_ = end - begin;
    begins_[index] = begin;
    in_order_ = in_order_ && begin == index * length_;
  }

  embeddings take(std::vector<float> values) const {
    embeddings e;
    const auto count = begins_.size();
    e.shape = count == 1 ? std::vector<std::size_t>{length_} : std::vector<std::size_t>{count, length_};
    if (in_order_ && values.size() == count * length_) {
      e.values = std::move(values);
      return e;
    }
    e.values.reserve(count * length_);
    for (const auto begin : begins_) {
      const auto at = values.begin() + static_cast<std::ptrdiff_t>(begin);
      e.values.insert(e.values.end(), at, at + static_cast<std::ptrdiff_t>(length_));
    }
    return e;
  }

private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::vector<std::size_t> begins_;
  std::size_t length_ = 0;
  bool in_order_ = true;
};

constexpr auto media_answer = whole_with_media<read_media>;

// For servers whose URL ends in /v1, as is usual for this kind.
constexpr offer at_url[] = {
    offer(task::feature_extraction, "/embeddings", openai_embeddings, per_text<openai_vectors>),
    offer(task::text_to_image, "/images/generations", openai_image, media_answer),
    offer(task::text_to_speech, "/audio/speech", openai_speech, media_answer),
    offer(task::automatic_speech_recognition, "/audio/transcriptions", openai_transcription_with_times,
          whole<read_transcription>),
};

constexpr offer openai[] = {
    offer(task::feature_extraction, "/v1/embeddings", openai_embeddings_in_base64, per_text<openai_vectors>),
    offer(task::text_to_image, "/v1/images/generations", openai_image, media_answer),
    offer(task::text_to_speech, "/v1/audio/speech", openai_speech, media_answer),
    offer(task::automatic_speech_recognition, "/v1/audio/transcriptions", openai_transcription_with_times,
          whole<read_transcription>),
};

constexpr offer deepinfra[] = {
    offer(task::feature_extraction, "/v1/openai/embeddings", openai_embeddings_in_base64, per_text<openai_vectors>),
    offer(task::text_to_speech, "/v1/openai/audio/speech", openai_speech, media_answer),
    offer(task::automatic_speech_recognition, "/v1/openai/audio/transcriptions", openai_transcription,
          whole<read_transcription>),
};

constexpr offer scaleway[] = {
    offer(task::feature_extraction, "/v1/embeddings", openai_embeddings, per_text<openai_vectors>),
};

constexpr offer nscale[] = {
    offer(task::text_to_image, "/v1/images/generations", nscale_image, media_answer),
};

} // namespace

json::object openai_body(const task_request& ask, const route& to, std::string_view key) {
  json::object body;
  body["model"] = to.model;
  body[key] = text_of(ask);
  for (auto& p : parameters_of(ask))
    body[p.key()] = std::move(p.value());
  return body;
}

void join_size(json::object& body) {
  if (!body.contains("width") || !body.contains("height"))
    return;
  const auto width = take(body, "width");
  body["size"] = codec::to_text(width) + "x" + codec::to_text(take(body, "height"));
}

http::request openai_request(const task_request& ask, const route& to, json::object body) {
  merge_extra(body, ask.extra_body());
  return json_request(to, body);
}

http::request openai_embeddings(const task_request& ask, const route& to) {
  json::object body;
  body["model"] = to.model;
  body["input"] = texts_of(ask);
  for (auto& p : parameters_of(ask))
    body[p.key()] = std::move(p.value());
  return openai_request(ask, to, std::move(body));
}

http::request openai_embeddings_in_base64(const task_request& ask, const route& to) {
  if (ask.parameter("encoding_format"))
    return openai_embeddings(ask, to);
  auto with = ask;
  with.set_parameter("encoding_format", "base64");
  return openai_embeddings(with, to);
}

http::request openai_image(const task_request& ask, const route& to) {
  auto body = openai_body(ask, to, "prompt");
  join_size(body);
  return openai_request(ask, to, std::move(body));
}

http::request openai_speech(const task_request& ask, const route& to) {
  return openai_request(ask, to, openai_body(ask, to, "input"));
}

http::request openai_transcription(const task_request& ask, const route& to) { return encode_whisper(ask, to, false); }

embeddings openai_vectors(std::string body, std::size_t inputs) {
  error_code ec;
  auto found = codec::take_floats(body, "embedding", ec);
  if (ec) {
    read_json(body);
    unexpected("an embedding that is not an array of numbers");
  }
  const auto v = read_json(found.rest);
  const auto* data = codec::array_at(v, "data");
  if (!data)
    unexpected("no data");
  if (data->size() != inputs)
    unexpected(std::to_string(data->size()) + " vectors for " + std::to_string(inputs) + " inputs");
  placed_rows rows(inputs);
  for (std::size_t i = 0; i < data->size(); ++i) {
    const auto& one = (*data)[i];
    const auto index = codec::uint_at(one, "index").value_or(i);
    if (const auto* array = codec::array_at(one, "embedding")) {
      const auto k = array->front().to_number<std::size_t>();
      rows.place(index, k == 0 ? 0 : found.ends[k - 1], found.ends[k]);
    } else if (const auto text = codec::string_at(one, "embedding")) {
      const auto begin = found.values.size();
      if (!codec::append_base64_floats(found.strings[std::stoul(std::string(*text))], found.values))
        unexpected("an embedding that is not base64 of floats");
      rows.place(index, begin, found.values.size());
    } else {
      unexpected("an element without an embedding");
    }
  }
  auto e = rows.take(std::move(found.values));
  if (const auto* counts = codec::find(v, "usage"))
    e.usage = read_usage(*counts);
  return e;
}

std::span<const offer> openai_offers() noexcept { return at_url; }
std::span<const offer> api_openai_offers() noexcept { return openai; }
std::span<const offer> deepinfra_offers() noexcept { return deepinfra; }
std::span<const offer> scaleway_offers() noexcept { return scaleway; }
std::span<const offer> nscale_offers() noexcept { return nscale; }

} // namespace weir::inline v0::provider
