// weir explain: the request that a command would send.

#include <fmt/format.h>

#include <algorithm>

#include <weir/client/client.hpp>

#include "client/keys/configured_origins.hpp"
#include "client/keys/key_choice.hpp"
#include "http/message/url.hpp"
#include "provider/added_vendors.hpp"
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

std::string first_of(const std::vector<std::string>& names) { return names.empty() ? std::string() : names.front(); }

// The variable of the key for want of which the call would be refused; empty if it would not.
std::string missing_key(const loaded_options& given) {
  const auto& o = given.settings;
  const auto& keys = o.credentials();
  const provider::added_vendors added(o.vendors());
  const auto id = o.provider().empty() ? std::string("auto") : o.provider();
  const auto row = added.find(id);
  const auto* v = row ? row.get() : provider::find_vendor(id);
  if (!v || keys.default_key())
    return {};
  // One that the file names and that is not set is issued, with an error.
  const auto key = key_for(keys, target().provider(id).base_url(o.base_url()).model(o.model()), configured_origins(o));
  if (const auto* named = given.key_of(keys.vendor(id) ? id : "huggingface"); key.issues() && named)
    return first_of(named->variables);
  if (at_a_url(o))
    return {};
  if (id == "auto")
    return key ? "" : "HF_TOKEN";
  const bool direct_only = v->reach == provider::access::direct_only && !keys.vendor(id);
  return key && !direct_only ? "" : first_of(provider::key_variables(*v));
}

// A key for a request that is only shown: what it begins with decides where the call goes.
secret placeholder(const options& o) {
  const auto* v = provider::find_vendor(o.provider().empty() ? "auto" : o.provider());
  const bool hub = v && (v->id == "auto" || v->reach == provider::access::router_only);
  return secret(hub ? "hf_none" : "none");
}

// `ask` makes the request from the arguments.
template <class Ask>
void add_task(CLI::App& explain, task_kind what, const char* name, const std::string& description, Ask ask, int& code,
              std::shared_ptr<arguments> args) {
  auto* command = explain.add_subcommand(name, description);
  command->group("Tasks");
  command->add_flag("--no-stream", args->no_stream, "The request without streaming")->group("Request");
  args->common.add_to(*command);
  command->callback([args, what, ask, &code] {
    signals::watch();
    try {
      std::string missing;
      const auto given = args->common.read(&missing);
      auto o = given.settings;
      if (missing.empty())
        missing = missing_key(given);
      if (!missing.empty())
        o.credentials(credentials(o.credentials()).default_key(placeholder(o)));
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
