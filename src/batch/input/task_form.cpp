// Rows as requests of a task that was named for all of them.
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include <weir/core/error.hpp>

#include "batch/input/request_form.hpp"
#include "core/failure/system_reason.hpp"
#include "provider/chat/openai/openai_parts.hpp"
#include "provider/chat/read/request_read.hpp"
#include "provider/tasks/task_json.hpp"

namespace weir::inline v0::input {

namespace {

namespace json = codec::json;

constexpr std::string_view input_names[] = {"input", "inputs", "text", "prompt"};
constexpr std::string_view media_names[] = {"file", "path", "url", "image", "audio", "video"};

template <class Names>
std::optional<std::string> first_of(const json::object& o, const Names& names) {
  for (const auto name : names)
    if (codec::find(o, name))
      return std::string(name);
  return std::nullopt;
}

media read_file(const std::string& path, named_files files) {
  if (files == named_files::read)
    return media::file(path);
  if (::access(path.c_str(), R_OK) != 0)
    throw error(errc::invalid_argument, path + " cannot be read: " + system_reason(errno));
  return media::at(path);
}

media read_media(std::string_view given, named_files files) {
  for (const std::string_view scheme : {"https://", "http://", "data:"})
    if (given.starts_with(scheme))
      return media::at(std::string(given));
  return read_file(std::string(given), files);
}

std::string model_of(const json::object& o, std::vector<std::string>& used) {
  const auto model = codec::string_at(o, "model");
  if (model)
    used.emplace_back("model");
  return std::string(model.value_or(""));
}

// Images and audio: the row's file, or the one that it names.
std::vector<media> media_of(const json::object& o, const std::string& file, std::vector<std::string>& used,
                            std::string_view where, const form_options& how) {
  std::vector<media> found;
  if (!file.empty()) {
    found.push_back(read_file(file, how.files));
    return found;
  }
  auto name = how.media.empty() ? first_of(o, media_names) : std::optional(how.media);
  if (!name)
    name = first_of(o, input_names);
  const auto* given = name ? member_at(o, *name) : nullptr;
  if (!given || !given->is_string() || given->get_string().empty())
    provider::throw_unreadable(where, "the row names no file: it has " + names_of(o) + ", and no " +
                                          (how.media.empty() ? "file, url or input" : how.media));
  used.push_back(*name);
  found.push_back(read_media(std::string_view(given->get_string()), how.files));
  return found;
}

// What is to be made of an image.
bool takes_prompt(task_kind what) noexcept {
  return what == task_kind::image_to_image || what == task_kind::image_text_to_image ||
         what == task_kind::image_to_video || what == task_kind::image_text_to_video;
}

text_generation generation_of(const json::object& o, std::vector<std::string>& used, std::string_view where) {
  const auto name = first_of(o, input_names);
  if (!name)
    provider::throw_unreadable(where, "the row has no prompt: it has " + names_of(o));
  json::object body{{"prompt", *codec::find(o, *name)}};
  used.push_back(*name);
  for (const auto& member : o)
    if (provider::is_chat_member(member.key()) && member.key() != "messages" && member.key() != *name) {
      body[member.key()] = member.value();
      used.emplace_back(member.key());
    }
  if (const auto* parameters = codec::object_at(o, "parameters")) {
    for (const auto& member : *parameters)
      body[member.key() == "max_new_tokens" ? "max_tokens" : std::string_view(member.key())] = member.value();
    used.emplace_back("parameters");
  }
  return provider::read_completion(body, where);
}

} // namespace

bool takes_files(const batch_input& o) noexcept {
  const auto task = o.task().value_or(task_kind::chat);
  return provider::takes_media(task) || provider::asks_about_image(task) ||
         (task == task_kind::chat && (!o.prompt().empty() || o.maker()));
}

std::optional<content_part> part_of(const json::object& o, const std::string& file, const form_options& how) {
  std::string path = file;
  if (path.empty() && !how.media.empty())
    if (const auto* named = member_at(o, how.media))
      path = cell_text(*named);
  if (path.empty() && !how.media.empty())
    throw error(errc::invalid_argument, "the row names no file: its " + how.media + " is empty");
  if (path.empty())
    return std::nullopt;
  if (path.starts_with("https://") || path.starts_with("http://") || path.starts_with("data:image/"))
    return content_part::image_url(path);
  if (path.starts_with("data:"))
    return content_part::attachment(media::at(path));
  if (how.files == named_files::read)
    return content_part::file(path);
  read_file(path, how.files);
  return content_part::image_url("data:,");
}

formed form_task(task_kind what, const json::object& o, const std::string& file, std::string_view where,
                 const form_options& how) {
  std::vector<std::string> used;
  if (what == task_kind::text_generation) {
    auto row = o;
    if (how.prompt)
      row = json::object{{"input", *how.prompt}};
    auto parameters = how.parameters;
    if (const auto* own = codec::object_at(row, "parameters"))
      for (const auto& member : *own)
        parameters[member.key()] = member.value();
    if (!parameters.empty())
      row["parameters"] = std::move(parameters);
    auto ask = generation_of(row, used, where);
    return formed(std::move(ask), std::move(used));
  }
  auto parameters = how.parameters;
  if (const auto* given = codec::object_at(o, "parameters")) {
    for (const auto& member : *given)
      parameters[member.key()] = member.value();
    used.emplace_back("parameters");
  }
  const bool media_only = provider::takes_media(what);
  std::vector<media> attached;
  if (media_only || provider::asks_about_image(what))
    attached = media_of(o, file, used, where, how);
  json::value input;
  if (provider::asks_about_image(what)) {
    if (const auto question = codec::string_at(o, "question"); how.prompt || question) {
      input = how.prompt ? std::string_view(*how.prompt) : *question;
      used.emplace_back("question");
    } else if (!parameters.contains("question")) {
      provider::throw_unreadable(where, "the row has no question: it has " + names_of(o));
    }
  } else if (media_only) {
    const auto prompt = codec::string_at(o, "prompt");
    const bool named = prompt && std::find(used.begin(), used.end(), "prompt") != used.end();
    if (how.prompt && !takes_prompt(what))
      provider::throw_unreadable(where, std::string(name_of(what)) + " takes no prompt, so no template either");
    if (how.prompt) {
      parameters["prompt"] = *how.prompt;
    } else if (prompt && !named && takes_prompt(what)) {
      parameters["prompt"] = *prompt;
      used.emplace_back("prompt");
    }
  } else if (how.prompt) {
    input = *how.prompt;
  } else {
    const auto name = first_of(o, input_names);
    // A structured input may be the row itself.
    json::object rest = o;
    for (const auto key : {"custom_id", "id", "key", "parameters"})
      rest.erase(key);
    if (!name)
      for (const auto& member : rest)
        used.emplace_back(member.key());
    else
      used.push_back(*name);
    input = name ? *codec::find(o, *name) : json::value(std::move(rest));
  }
  auto model = model_of(o, used);
  auto ask = provider::read_task(what, std::move(model), input, std::move(attached), parameters);
  ask.check();
  return formed(std::move(ask), std::move(used));
}

} // namespace weir::inline v0::input
