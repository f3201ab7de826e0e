#include "tool/chat/chat_arguments.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <weir/core/error.hpp>

#include "codec/json/json.hpp"
#include "provider/chat/read/messages_json.hpp"
#include "tool/arguments/common.hpp"
#include "tool/arguments/help.hpp"
#include "tool/arguments/text_input.hpp"
#include "tool/chat/conversation_file.hpp"

namespace weir::inline v0::cli {

namespace json = codec::json;

namespace {

// What CLI11 gives a flag without a value.
constexpr std::string_view no_value = "true";

std::pair<std::string, std::string> split_result(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    throw error(errc::invalid_argument, fmt::format("--tool-result takes ID=FILE, not '{}'", text));
  return {as_text(text.substr(0, equals), "--tool-result"), text.substr(equals + 1)};
}

std::string read_named(const std::string& file) {
  return read_text(file == "-" || file.starts_with('@') ? file : '@' + file);
}

} // namespace

void chat_arguments::add_to(CLI::App& command) {
  prompt_.add_to(command);
  const auto add = [&command](const char* name, auto& value, const char* type, const char* description) {
    return command.add_option(name, value, description)->type_name(type)->group("Request");
  };
  add("--system", system_, "TEXT", "The system message, or @FILE");
  settings_.add_to(command);
  command
      .add_flag("--cache-prefix", cache_prefix_,
                "Have the provider keep what comes before the prompt (system message, files, earlier messages) in its "
                "prompt cache")
      ->group("Request");
  never_empty(add("--conversation", conversation_, "ID",
                  "An id for requests with the same beginning, which keeps them where that is cached"));
  const auto talk = [](CLI::Option* option) { return never_empty(option)->group("Conversation"); };
  talk(command.add_flag("--continue", continue_,
                        "Go on with the conversation in FILE, or else with the last one on a terminal, and save it"))
      ->type_name("[FILE]");
  auto* messages = talk(
      command.add_option("--messages", messages_, "Begin with this list of messages, in OpenAI's JSON; - for stdin"));
  messages->type_name("FILE")->excludes(command.get_option("--continue"));
  repeatable(talk(command.add_option("--tool-result", results_,
                                     "The result of the tool call ID that the model waits for (repeatable)")))
      ->type_name("ID=FILE");
}

bool chat_arguments::has_request() const noexcept {
  return prompt_.has_words() || !messages_.empty() || !results_.empty();
}

std::string chat_arguments::continued() const {
  if (continue_ != no_value)
    return continue_;
  auto last = last_conversation();
  if (last.empty())
    throw error(errc::invalid_argument, "--continue needs a file: neither XDG_STATE_HOME nor HOME says where the last "
                                        "conversation is");
  if (::access(last.c_str(), F_OK) != 0)
    throw error(errc::invalid_argument, "there is no conversation to go on with: weir chat keeps the last one on a "
                                        "terminal, and --save FILE any other");
  return last;
}

chat chat_arguments::settings() const {
  auto ask = settings_.make();
  if (!conversation_.empty())
    ask.conversation(as_text(conversation_, "--conversation"));
  return ask;
}

conversation chat_arguments::beginning() const {
  conversation talk;
  if (const auto file = continued(); !file.empty())
    talk = load_conversation(file);
  if (!messages_.empty())
    talk.messages = provider::read_messages(codec::parse_argument(read_named(messages_), messages_), messages_);
  if (!system_.empty())
    talk.set_system(read_text(system_));
  for (const auto& one : results_) {
    const auto [id, file] = split_result(one);
    talk.add_result(id, read_named(file));
  }
  if (cache_prefix_ && !talk.messages.empty())
    talk.messages.back().cache_prefix(true);
  return talk;
}

conversation chat_arguments::whole() const {
  auto talk = beginning();
  const bool complete = !messages_.empty() || !results_.empty();
  std::optional<message> files;
  auto prompt = prompt_.make(!complete, cache_prefix_ ? &files : nullptr);
  if (files) {
    files->cache_prefix(true);
    talk.messages.push_back(std::move(*files));
  }
  if (prompt)
    talk.messages.push_back(std::move(*prompt));
  else if (!files && (!complete || talk.messages.empty()))
    throw no_prompt();
  return talk;
}

chat chat_arguments::make(bool own_target) const {
  // First, since it may read standard input too.
  auto ask = settings();
  auto talk = whole();
  if (own_target)
    talk.model.clear();
  talk.put_into(ask);
  return ask;
}

} // namespace weir::inline v0::cli
