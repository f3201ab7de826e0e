// weir explain: the request that a command would send.

#include <fmt/format.h>

#include <algorithm>

#include <weir/client/client.hpp>

#include "http/message/url.hpp"
#include "provider/dialect.hpp"
#include "provider/vendors.hpp"
#include "tool/arguments/parameters.hpp"
#include "tool/arguments/requests.hpp"
#include "tool/arguments/task_arguments.hpp"
#include "tool/chat/chat_arguments.hpp"
#include "tool/commands/commands.hpp"
#include "tool/output/output.hpp"
#include "tool/output/printer.hpp"
#include "tool/session.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace {

class arguments {
public:
  arguments() = default;
  common_options common;
  chat_arguments chat;
  task_arguments task;
  bool no_stream = false;
};

bool at_a_url(const options& o) { return !o.base_url().empty() || !o.unix_socket().empty() || http::is_url(o.model()); }

// auto asks the Hub which provider has the model of a task. Nothing is sent here, so one that offers the task has to
// do; its name, or nothing if the options name one.
std::string example_provider(const options& o, task_kind what) {
  if (what == task_kind::chat || at_a_url(o) || (!o.provider().empty() && o.provider() != "auto"))
    return {};
  const auto all = provider::vendors(what);
  const bool hub = std::find(all.begin(), all.end(), "hf-inference") != all.end();
  return hub || all.empty() ? "hf-inference" : all.front();
}

// The variable of the key for want of which the call would be refused; empty if it would not.
std::string missing_key(const options& o) {
  const auto& keys = o.credentials();
  const auto* v = provider::find_vendor(o.provider().empty() ? "auto" : o.provider());
  if (!v || at_a_url(o) || keys.default_key() || keys.vendor(v->id))
    return {};
  if (v->id == "auto")
    return keys.hugging_face() ? "" : "HF_TOKEN";
  const bool through_hub = v->reach != provider::access::direct_only && keys.hugging_face();
  const auto own = provider::key_variables(v->id);
  return through_hub || own.empty() ? "" : own.front();
}

// `ask` makes the request from the arguments.
template <class Ask>
void add_task(CLI::App& explain, task_kind what, const char* name, const std::string& description, Ask ask, int& code,
              std::shared_ptr<arguments> args) {
  auto* command = explain.add_subcommand(name, description);
  command->add_flag("--no-stream", args->no_stream, "The request without streaming")->group("Request");
  args->common.add_to(*command);
  command->callback([args, what, ask, &code] {
    signals::watch();
    try {
      auto o = args->common.make();
      const auto missing = missing_key(o);
      if (!missing.empty())
        o.credentials(credentials(o.credentials()).default_key(secret(missing == "HF_TOKEN" ? "hf_none" : "none")));
      const auto example = example_provider(o, what);
      if (!example.empty())
        o.provider(example);
      const auto shown = to_json(ask(client(std::move(o)), *args), missing);
      if (!example.empty() && !args->common.quiet)
        say(stderr, "auto lets the Hub choose the provider; this is the request to {}: -p names another\n", example);
      print(stdout, "{}\n", shown);
    } catch (const error& e) {
      printer(args->common.json, false, true).on_failure(e.failure());
      code = report(e.failure());
    }
  });
}

} // namespace

void add_explain(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("explain", "Print the request that would be sent, as JSON, and send nothing");
  command->require_subcommand(1);
  command->footer("No key is needed: without one, the variable that it would be read from stands in its place.");
  auto chat = std::make_shared<arguments>();
  add_task(
      *command, task_kind::chat, "chat", "The request of weir chat",
      [](const client& c, const arguments& a) { return c.explain(a.chat.make(a.common.names_target()), !a.no_stream); },
      code, chat);
  chat->chat.add_to(*command->get_subcommand("chat"));
  for (const auto what : all_task_kinds()) {
    if (what == task_kind::chat)
      continue;
    const std::string task(name_of(what));
    auto args = std::make_shared<arguments>();
    add_task(
        *command, what, task.c_str(), "The request of weir run " + task,
        [what](const client& c, const arguments& a) {
          return what == task_kind::text_generation ? c.explain(a.task.make_generation(), !a.no_stream)
                                                    : c.explain(a.task.make_task(what));
        },
        code, args);
    auto* added = command->get_subcommand(task);
    args->task.add_to(*added);
    added->footer([what] { return parameter_help(what); });
  }
}

} // namespace weir::inline v0::cli
