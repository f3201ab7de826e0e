#include "tool/output/failure_words.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace weir::inline v0::cli {

namespace {

using words = std::pair<std::string_view, std::string_view>;

// Whole phrases, which go first.
constexpr std::array phrases = {
    words("name one in the request or the options", "name one with --model"),
    words("options::ca_file (--cacert)", "--cacert"),
    words("options::base_url (--base-url)", "--base-url"),
    words("options::model() or options::base_url(), or allow it with options::model_urls(true)", "--base-url"),
    words("give the URL to --base-url", "give the URL with --base-url"),
    words("a key goes into the credentials", "a key is read from the variable that --api-key-env names"),
    words(", or credentials::default_key())", ")"),
    words("key_scheme and query", "--key-scheme and --query"),
    words(", or give them to a vendor of your own", ", or give them to one of \"vendors\" in weir.json"),
    words("the task and from_hub", "--task and --from-hub"),
    words("tls_settings::client_cert", "--cert"),
    words("takes a task such as automatic-speech-recognition, or a prompt for",
          "takes a --task such as automatic-speech-recognition, or a --template for"),
    words("use another journal, or force it to be asked again", "use another --journal, or ask it again with --force"),
    words("give this run another path, or force it to go on with its own",
          "give this run another --journal, or go on with --force"),
};

// Settings with an option of their own.
constexpr std::array settings = {
    words("base_url", "--base-url"),
    words("bill_to", "--bill-to"),
    words("ca_file", "--cacert"),
    words("client_certificate", "--cert"),
    words("client_key", "--key"),
    words("connect_timeout", "--connect-timeout"),
    words("extra_body", "--param"),
    words("first_token_timeout", "--first-token-timeout"),
    words("inter_token_timeout", "--token-timeout"),
    words("key_header", "--key-header"),
    words("key_scheme", "--key-scheme"),
    words("max_tokens", "--max-tokens"),
    words("reasoning_effort", "--reasoning-effort"),
    words("response_format", "--format"),
    words("unix_socket", "--unix-socket"),
};

// Words of the language too: settings only where a message names one, as in `X cannot express seed`.
constexpr std::array fields = {
    words("deadline", "--deadline"), words("query", "--query"), words("seed", "--seed"),
    words("stop", "--stop"),         words("top_p", "--top-p"), words("temperature", "--temperature"),
};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.-/:").find(c) != std::string_view::npos;
}

template <class List>
std::string_view option_of(const List& list, std::string_view name) {
  const auto it = std::find_if(list.begin(), list.end(), [name](const words& w) { return w.first == name; });
  return it == list.end() ? std::string_view() : it->second;
}

// The option for the word at `begin`; empty if it is none. `colon`: one follows it.
std::string_view option_at(std::string_view text, std::size_t begin, std::string_view word, bool colon) {
  const auto before = text.substr(0, begin);
  const bool inexpressible = before.ends_with("cannot express ");
  // A field of a file, which says its name first.
  if (colon && begin > 0 && !inexpressible)
    return {};
  if (const auto option = option_of(settings, word); !option.empty())
    return before.ends_with('"') || before.ends_with('\'') ? std::string_view() : option;
  return colon || inexpressible ? option_of(fields, word) : std::string_view();
}

} // namespace

std::string in_options(std::string_view message) {
  std::string text(message);
  // About a file, where settings have the names that the message uses: it begins with the file's name.
  if (const auto colon = text.find(": "); colon != text.npos && text.find(".json", 0) < colon)
    return text;
  // `fallback.targets[0].provider: …`
  if (text.starts_with("fallback.targets["))
    text.replace(0, std::min(text.find(": "), text.size()), "--fallback");
  for (const auto& [phrase, instead] : phrases)
    if (const auto at = text.find(phrase); at != text.npos)
      text.replace(at, phrase.size(), instead);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_word(text[at])) {
      out += text[at++];
      continue;
    }
    auto end = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_word);
    std::string_view word(text.begin() + static_cast<std::ptrdiff_t>(at), end);
    const auto begin = at;
    at += word.size();
    const bool colon = word.ends_with(':');
    while (word.ends_with(':') || word.ends_with('.'))
      word.remove_suffix(1);
    const auto option = option_at(text, begin, word, colon);
    out.append(option.empty() ? word : option).append(text, begin + word.size(), at - begin - word.size());
  }
  return out;
}

std::string describe(const failure& f) {
  auto shown = f;
  if (!f.message().empty())
    shown.message(in_options(f.message()));
  return shown.describe();
}

} // namespace weir::inline v0::cli
