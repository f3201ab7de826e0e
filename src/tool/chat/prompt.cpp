#include "tool/chat/prompt.hpp"

#include <unistd.h>

#include <utility>

#include <weir/core/error.hpp>

#include "http/message/url.hpp"
#include "tool/arguments/help.hpp"
#include "tool/arguments/piped_input.hpp"
#include "tool/arguments/text_input.hpp"
#include "tool/chat/attachments.hpp"
#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

content_part image_part(const std::string& given) {
  if (http::is_url(given) || given.starts_with("data:"))
    return content_part::image_url(given);
  const auto image = read_image(given.starts_with('@') ? given : '@' + given);
  return content_part::image(image.bytes, image.content_type);
}

std::string joined(const std::vector<std::string>& words, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i)
    all += (i == 0 ? "" : " ") + words[i];
  return all;
}

void append(std::string& text, std::string_view more) {
  if (!text.empty() && !more.empty())
    text += "\n\n";
  text += more;
}

// Of what may still be sent.
void take(std::size_t& left, std::size_t bytes) {
  if (bytes > left)
    throw error(errc::invalid_argument, "the prompt and its files are larger than 64 MiB together: send less");
  left -= bytes;
}

} // namespace

error no_prompt() { return error(errc::invalid_argument, "no prompt: give one as an argument or on standard input"); }

void prompt_arguments::add_to(CLI::App& command) {
  command.add_option("PROMPT", words_,
                     "The prompt, @FILE for a file's text; what is piped in follows it, - alone or at its end "
                     "waits for that");
  const auto add = [&command](const char* name, auto& value, const char* description) {
    repeatable(never_empty(command.add_option(name, value, description)->type_name("FILE")->group("Request")));
  };
  add("-f,--file", files_, "A file to send: text, image, WAV or MP3 audio, PDF (repeatable)");
  add("--image", images_, "An image to send: a file or an http(s) URL (repeatable)");
}

message attachments::with(std::string text) const {
  append(text, quoted);
  auto m = text.empty() ? message("user") : message::user(std::move(text));
  for (const auto& part : parts)
    m.part(part);
  return m;
}

attachments prompt_arguments::files() const {
  auto left = most_input;
  return read_files(left);
}

attachments prompt_arguments::read_files(std::size_t& left) const {
  attachments all;
  for (const auto& path : files_) {
    auto file = attach(path);
    take(left, file.bytes);
    append(all.quoted, file.text);
    if (file.part)
      all.parts.push_back(std::move(*file.part));
    all.names.push_back(path);
  }
  for (const auto& image : images_) {
    all.parts.push_back(image_part(image));
    take(left, all.parts.back().value().size());
    all.names.push_back(image.starts_with("data:") ? "an image" : image);
  }
  return all;
}

std::optional<message> prompt_arguments::make(bool needed, std::optional<message>* apart) const {
  const bool waits = !words_.empty() && words_.back() == "-";
  const bool nothing = needed && !given();
  if (nothing && ::isatty(STDIN_FILENO) == 1)
    throw no_prompt();
  auto left = most_input;
  auto text = read_text(joined(words_, words_.size() - (waits ? 1 : 0)));
  take(left, text.size());
  const auto files = read_files(left);
  // Last, since it may take long: a mistake in a file's name should show before.
  const auto piped = piped_text(waits || nothing);
  take(left, piped.size());
  append(text, piped);
  const bool no_files = files.quoted.empty() && files.parts.empty();
  if (apart) {
    *apart = no_files ? std::nullopt : std::optional(files.with({}));
    return text.empty() ? std::nullopt : std::optional(message::user(std::move(text)));
  }
  if (text.empty() && no_files)
    return std::nullopt;
  return files.with(std::move(text));
}

} // namespace weir::inline v0::cli
