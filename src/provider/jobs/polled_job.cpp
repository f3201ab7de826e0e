#include "provider/jobs/polled_job.hpp"

#include "http/message/url.hpp"
#include "provider/paths.hpp"

namespace weir::inline v0::provider {

namespace {

constexpr std::size_t longest_id = 512;
constexpr std::size_t longest_path = 2048;

// Whether a path is what it looks like: no empty, "." or ".." segment, not even percent-encoded.
bool plain(std::string_view path) noexcept {
  if (path.size() < 2 || path.size() > longest_path || path.front() != '/' || path.find('\\') != path.npos)
    return false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    if (segment.empty() || segment == "." || segment == "..")
      return false;
    for (const std::string_view dot_or_slash : {"%2e", "%2E", "%2f", "%2F", "%5c", "%5C"})
      if (segment.find(dot_or_slash) != segment.npos)
        return false;
    path.remove_prefix(segment.size());
  }
  return true;
}

std::optional<double> seconds_at(const codec::json::value& v, std::size_t i) {
  const auto* pair = codec::array_at(v, "timestamp");
  if (!pair || i >= pair->size() || !(*pair)[i].is_number())
    return std::nullopt;
  return (*pair)[i].to_number<double>();
}

} // namespace

std::string path_of_id(std::string_view id) {
  if (id.empty() || id.size() > longest_id || id == "." || id == ".." || id.find('/') != id.npos)
    unexpected("a job without a valid id");
  return path_of_model(id);
}

std::string path_at_origin(const route& to, std::string_view url) {
  http::url named;
  try {
    named = http::parse_url(url);
  } catch (const error&) {
    unexpected("a job with an invalid URL");
  }
  std::string path = named.target.substr(0, named.target.find('?'));
  if (!plain(path))
    unexpected("a job with a URL that leads elsewhere");
  // A server that knows the prefix it was called under includes it.
  if (named.origin.text() == to.to.text() && path.starts_with(to.base + '/'))
    return path;
  return to.base + path;
}

std::string_view query_of(std::string_view target) noexcept {
  const auto at = target.find('?');
  return at == target.npos ? std::string_view() : target.substr(at);
}

http::request job_request(const route& to, std::string_view method, std::string target) {
  auto r = get_request(to, std::move(target));
  r.method = method;
  return r;
}

progress report(progress::stage at, std::string_view job, std::string_view status) {
  progress now;
  now.at = at;
  now.job = sanitize(job, longest_id);
  now.status = sanitize(status, 64);
  return now;
}

media file_in(const codec::json::value* v, std::string_view what) {
  if (v && v->is_string())
    return media_at(v->get_string());
  const auto url = v ? codec::string_at(*v, "url") : std::nullopt;
  if (!url)
    unexpected(std::string("no URL of ").append(what));
  auto m = media_at(*url);
  if (m.content_type.empty())
    m.content_type = sanitize(codec::string_at(*v, "content_type").value_or(""), 128);
  return m;
}

std::vector<transcript_chunk> chunks_in(const codec::json::value& body) {
  std::vector<transcript_chunk> all;
  const auto* list = codec::array_at(body, "chunks");
  if (!list)
    list = codec::array_at(body, "segments");
  if (!list)
    return all;
  for (const auto& v : *list) {
    transcript_chunk piece;
    piece.text = codec::string_at(v, "text").value_or("");
    piece.start = codec::find(v, "timestamp") ? seconds_at(v, 0) : codec::number_at(v, "start");
    piece.end = codec::find(v, "timestamp") ? seconds_at(v, 1) : codec::number_at(v, "end");
    all.push_back(std::move(piece));
  }
  return all;
}

} // namespace weir::inline v0::provider
