#include "tool/interactive/talk.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "tool/exit_code.hpp"
#include "tool/interactive/entry.hpp"
#include "tool/interactive/line_input.hpp"
#include "tool/interactive/slash_command.hpp"
#include "tool/output/output.hpp"
#include "tool/private_files.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace {

class talker {
public:
  talker(session& with, turn kind, const chat& settings, conversation talk, conversation_file file, attachments files)
      : with_(with), kind_(std::move(kind)), settings_(settings), talk_(std::move(talk)), file_(std::move(file)),
        files_(std::move(files)), lines_(make_line_input(state_file("history"))) {
    kind_.typed = true;
  }

  int run() {
    signals::converse();
    greet();
    for (;;) {
      entry said;
      switch (read(said)) {
      case line_input::outcome::line: break;
      case line_input::outcome::ended: put(stdout, "\n"); return exit_code::complete;
      case line_input::outcome::lost: return exit_code::hung_up;
      case line_input::outcome::interrupted:
        if (!signals::take_interrupt())
          return report(failure(errc::cancelled, "interrupted"));
        put(stdout, "\n");
        continue;
      }
      if (said.text().find_first_not_of(" \t\n") == std::string::npos)
        continue;
      lines_->remember(said.text());
      if (!obey(said.text()))
        return exit_code::complete;
      if (signals::received() != 0 && !signals::take_interrupt())
        return exit_code::interrupted;
    }
  }

private:
  void greet() const {
    if (kind_.quiet)
      return;
    const auto said = talk_.messages.size();
    say(stderr, "{}{}: /help lists the commands, Ctrl-D leaves\n", talk_.model.empty() ? "weir chat" : talk_.model,
        said == 0 ? std::string() : fmt::format(", {} message{} so far", said, said == 1 ? "" : "s"));
    if (!files_.empty())
      say(stderr, "with the first prompt: {}\n", fmt::join(files_.names, ", "));
    if (const auto open = talk_.open_calls(); !open.empty())
      tell_open(open);
  }

  static void tell_open(const std::vector<tool_call>& open) {
    say(stderr, "the model is waiting for the result of {}: /result {} TEXT, or @FILE\n", names_of(open),
        open.front().id);
  }

  line_input::outcome read(entry& said) {
    std::string line;
    do {
      const auto how = lines_->read(said.open() ? ". " : "> ", line);
      if (how != line_input::outcome::line)
        return how;
    } while (!said.add(line));
    return line_input::outcome::line;
  }

  // False if the conversation is over.
  bool obey(const std::string& text) {
    using kind = slash_command::kind;
    const slash_command given(text);
    switch (given.what()) {
    case kind::none: ask(text); break;
    case kind::help: tell(stderr, slash_help()); break;
    case kind::model: change_model(given.argument()); break;
    case kind::save: save_to(given.argument()); break;
    case kind::result: give_result(given); break;
    case kind::clear: clear(); break;
    case kind::quit: return false;
    case kind::unknown:
      say(stderr, "there is no command {}: /help lists them, and a space before it makes it a prompt\n", given.name());
    }
    return true;
  }

  void ask(const std::string& text) {
    if (const auto open = talk_.open_calls(); !open.empty())
      return tell_open(open);
    talk_.messages.push_back(files_.with(text));
    if (send())
      files_ = attachments();
  }

  void give_result(const slash_command& given) {
    const auto [id, text] = given.two_arguments();
    if (text.empty()) {
      tell(stderr, "give the result of a tool call: /result ID TEXT, or /result ID @FILE\n");
      return;
    }
    try {
      talk_.add_typed_result(id, text, given.name());
    } catch (const error& e) {
      report(e.failure());
      return;
    }
    if (const auto open = talk_.open_calls(); !open.empty())
      tell_open(open);
    else
      send();
  }

  // Sends the conversation. A last message that got no answer is no part of it: it can be given again. False then.
  bool send() {
    const auto size = talk_.messages.size();
    try {
      auto request = settings_;
      talk_.put_into(request);
      with_.run([&](client& c, const last_call& last) { return take_turn(c, last, kind_, request, talk_, file_); });
    } catch (const error& e) {
      report(e.failure());
    }
    if (talk_.messages.size() > size)
      return true;
    talk_.messages.pop_back();
    return false;
  }

  void change_model(const std::string& name) {
    if (!name.empty())
      talk_.model = name;
    say(stderr, "model: {}\n", talk_.model.empty() ? "the default" : talk_.model);
  }

  void save_to(const std::string& path) {
    if (path.empty()) {
      tell(stderr, file_ ? fmt::format("saved in {}\n", file_.path()) : "give the name of a file: /save FILE\n");
      return;
    }
    try {
      conversation_file file(path, path == file_.path());
      file.save(talk_);
      file_ = std::move(file);
      say(stderr, "saved in {}, and again after each answer\n", path);
    } catch (const error& e) {
      say(stderr, "not saved: {}\n", e.failure().message());
    }
  }

  void clear() {
    const bool system = !talk_.messages.empty() && talk_.messages.front().role() == "system";
    talk_.messages.resize(system ? 1 : 0, message(std::string()));
    if (file_ && file_.path() != last_conversation()) {
      say(stderr, "a new conversation: {} keeps the old one; /save FILE saves this one\n", file_.path());
      file_ = kept_conversation();
    } else {
      tell(stderr, "a new conversation\n");
    }
  }

  session& with_;
  turn kind_;
  const chat& settings_;
  conversation talk_;
  conversation_file file_;
  attachments files_;
  std::unique_ptr<line_input> lines_;
};

} // namespace

bool on_terminal() noexcept {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
}

int converse(session& with, turn kind, const chat& settings, conversation talk, conversation_file file,
             attachments files) {
  return talker(with, std::move(kind), settings, std::move(talk), std::move(file), std::move(files)).run();
}

} // namespace weir::inline v0::cli
