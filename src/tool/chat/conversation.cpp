#include "tool/chat/conversation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include <weir/core/error.hpp>

#include "tool/arguments/text_input.hpp"

namespace weir::inline v0::cli {

namespace {

// Of all messages, files as base64 included.
constexpr std::size_t most_bytes = std::size_t{128} << 20;

std::size_t size_of(const message& m) {
  auto size = m.content() ? m.content()->size() : 0;
  for (const auto& p : m.parts())
    size += p.value().size();
  return size;
}

} // namespace

std::string names_of(const std::vector<tool_call>& calls) {
  std::string names;
  for (const auto& c : calls)
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", c.id, c.name);
  return names;
}

message assistant_message(const std::string& text, std::vector<tool_call> calls) {
  if (calls.empty())
    return message::assistant(text);
  completion c;
  c.choices.front().text = text;
  c.choices.front().tool_calls = std::move(calls);
  return message(c);
}

void conversation::set_system(std::string text) {
  auto system = message::system(std::move(text));
  if (!messages.empty() && (messages.front().role() == "system" || messages.front().role() == "developer"))
    messages.front() = std::move(system);
  else
    messages.insert(messages.begin(), std::move(system));
}

std::vector<tool_call> conversation::open_calls() const {
  std::vector<std::string> done;
  for (auto m = messages.rbegin(); m != messages.rend(); ++m) {
    if (m->role() == "tool") {
      done.push_back(m->tool_call_id());
    } else if (!m->tool_calls().empty()) {
      auto open = m->tool_calls();
      std::erase_if(open, [&](const auto& c) { return std::find(done.begin(), done.end(), c.id) != done.end(); });
      return open;
    } else if (m->role() != "user") { // one that follows the calls does not answer them
      break;
    }
  }
  return {};
}

void conversation::add_result(const std::string& id, std::string result, std::string_view option) {
  const auto open = open_calls();
  if (std::none_of(open.begin(), open.end(), [&](const auto& c) { return c.id == id; }))
    throw error(errc::invalid_argument,
                open.empty() ? fmt::format("{} {}: the conversation is not waiting for a tool's result", option, id)
                             : fmt::format("{} {}: the conversation is waiting for {}", option, id, names_of(open)));
  messages.push_back(message::tool(id, std::move(result)));
}

void conversation::add_typed_result(const std::string& id, const std::string& given, std::string_view command) {
  // A hyphen is a text here: what is typed comes from standard input already.
  add_result(id, given == "-" ? given : read_text(given), command);
}

bool conversation::add_answer(const completion& c) {
  const auto& first = c.choices.front();
  const auto& text = first.text.empty() ? first.refusal : first.text;
  if (text.empty() && first.tool_calls.empty())
    return false;
  auto m = message(c);
  if (first.text.empty() && first.tool_calls.empty())
    m = message::assistant(text);
  messages.push_back(std::move(m));
  return true;
}

void conversation::put_into(chat& ask) const {
  if (const auto open = open_calls(); !open.empty())
    throw error(errc::invalid_argument,
                fmt::format("the model is waiting for the result of {}: give it with --tool-result {}=FILE",
                            names_of(open), open.front().id));
  std::size_t size = 0;
  for (const auto& m : messages)
    size += size_of(m);
  if (size > most_bytes)
    throw error(
        errc::invalid_argument,
        fmt::format("the conversation has {} MiB, and at most 128 MiB can be sent: begin a new one", size >> 20));
  if (!model.empty())
    ask.model(model);
  for (const auto& m : messages)
    ask.add(m);
}

} // namespace weir::inline v0::cli
