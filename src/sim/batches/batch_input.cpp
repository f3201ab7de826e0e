#include "sim/batches/batch_input.hpp"

#include <algorithm>
#include <unordered_set>

namespace weir::inline v0::sim {

namespace json = codec::json;

namespace {

constexpr std::size_t most_problems = 100;
constexpr std::uint64_t most_embedding_inputs = 50'000;
constexpr std::uint64_t bytes_per_token = 4;

class reader {
public:
  reader(const input_form& form, std::string_view path) : form_(form), path_(path) {}

  void line(std::string_view text, std::size_t begin) {
    ++number_;
    error_code ec;
    const auto v = codec::parse_json(text, ec);
    if (ec || !v.is_object())
      return refuse("invalid_json_line", "This line is not parseable as valid JSON.");
    batch_line out;
    out.begin = begin;
    out.size = text.size();
    if (identify(v, out) && address(v, out) && look_at(v, out)) {
      result.tokens += text.size() / bytes_per_token;
      result.lines.push_back(std::move(out));
    }
  }

  void finish(std::uint64_t bytes) {
    if (number_ == 0 && !form_.may_be_empty)
      problem("empty_file", "The input file is empty: it needs at least one request.");
    if (number_ > form_.most_lines)
      problem("too_many_requests", "The input has " + std::to_string(number_) + " requests, more than the maximum of " +
                                       std::to_string(form_.most_lines) + ".");
    if (bytes > form_.most_bytes)
      problem("file_too_large", "The input has " + std::to_string(bytes) + " bytes, more than the maximum of " +
                                    std::to_string(form_.most_bytes) + ".");
    if (embedded_ > most_embedding_inputs)
      problem("too_many_inputs", "The input has " + std::to_string(embedded_) +
                                     " texts to embed, more than the maximum of " +
                                     std::to_string(most_embedding_inputs) + ".");
  }

  batch_input result;

private:
  void problem(std::string code, std::string message) {
    result.problems.emplace_back(std::move(code), std::move(message));
  }
  void refuse(std::string code, std::string message, std::string param = {}) {
    if (result.problems.size() < most_problems)
      result.problems.emplace_back(std::move(code), std::move(message), number_, std::move(param));
  }
  bool missing(std::string_view key) {
    refuse("missing_required_parameter", "Missing required parameter: '" + std::string(key) + "'.", std::string(key));
    return false;
  }

  bool identify(const json::value& v, batch_line& out) {
    auto id = codec::string_at(v, form_.id_key);
    // Gemini's inline requests have it in their metadata.
    if (const auto* metadata = id ? nullptr : codec::find(v, "metadata"))
      id = codec::string_at(*metadata, form_.id_key);
    if (!id && !form_.id_optional)
      return missing(form_.id_key);
    out.named = id.has_value();
    out.id = id ? std::string(*id) : std::to_string(number_ - 1);
    if (out.id.empty() || out.id.size() > form_.longest_id) {
      refuse("invalid_custom_id",
             "The " + std::string(form_.id_key) + " must have 1 to " + std::to_string(form_.longest_id) +
                 " characters.",
             std::string(form_.id_key));
      return false;
    }
    if (seen_.insert(out.id).second)
      return true;
    refuse("duplicate_custom_id",
           "The " + std::string(form_.id_key) + " '" + out.id +
               "' is that of another request: it must be unique for each request in a batch.",
           std::string(form_.id_key));
    return false;
  }

  bool address(const json::value& v, batch_line& out) {
    out.path = path_;
    const auto url = codec::string_at(v, "url");
    if (form_.names_url && !url)
      return missing("url");
    if (form_.names_url && !codec::string_at(v, "method"))
      return missing("method");
    if (url && form_.mixes_urls)
      out.path = *url;
    if (!url || form_.mixes_urls || *url == path_)
      return true;
    refuse("mismatched_endpoint",
           "The URL '" + std::string(*url) + "' of this request is not the batch's endpoint '" + std::string(path_) +
               "'.",
           "url");
    return false;
  }

  bool look_at(const json::value& v, const batch_line& out) {
    const auto* body = codec::object_at(v, form_.body_key);
    if (!body)
      return missing(form_.body_key);
    const json::value& whole = v.at(form_.body_key);
    if (out.path.ends_with("/embeddings")) {
      const auto* list = codec::array_at(whole, "input");
      embedded_ += list ? list->size() : 1;
    }
    const auto model = codec::string_at(whole, "model");
    if (!model)
      return true;
    if (result.model.empty())
      result.model = *model;
    if (!form_.one_model || result.model == *model)
      return true;
    refuse("mismatched_model",
           "The model '" + std::string(*model) + "' is not the '" + result.model +
               "' of the first request: all requests of a file must name one model.",
           "body.model");
    return false;
  }

  const input_form& form_;
  std::string_view path_;
  std::uint64_t number_ = 0;
  std::uint64_t embedded_ = 0;
  std::unordered_set<std::string> seen_;
};

} // namespace

batch_input read_input(std::string_view text, const input_form& form, std::string_view path) {
  reader r(form, path);
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    auto line = text.substr(at, end - at);
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    if (line.find_first_not_of(" \t") != line.npos)
      r.line(line, at);
    at = end + 1;
  }
  r.finish(text.size());
  return std::move(r.result);
}

std::string lines_of(const json::array& requests) {
  std::string out;
  for (const auto& each : requests)
    out.append(codec::to_text(each)).append("\n");
  return out;
}

json::value member_of(std::string_view line, std::string_view key) {
  error_code ec;
  auto v = codec::parse_json(line, ec);
  auto* object = v.if_object();
  auto* member = object ? object->if_contains(key) : nullptr;
  return member ? std::move(*member) : json::value(nullptr);
}

} // namespace weir::inline v0::sim
