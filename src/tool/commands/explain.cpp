// weir explain: the request that a command would send.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <weir/client/client.hpp>

#include "client/call/http_operation.hpp"
#include "client/keys/configured_origins.hpp"
#include "client/keys/key_choice.hpp"
#include "http/message/url.hpp"
#include "provider/added_vendors.hpp"
#include "provider/dialect.hpp"
#include "provider/vendors.hpp"
#include "tool/arguments/help.hpp"
#include "tool/arguments/parameters.hpp"
#include "tool/arguments/requests.hpp"
#include "tool/arguments/task_arguments.hpp"
#include "tool/chat/chat_arguments.hpp"
#include "tool/commands/commands.hpp"
#include "tool/output/estimate_words.hpp"
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
  // Of the commands that send it: where answers go is no part of a request.
  std::string file;
  bool keep_urls = false, raw = false;
};

// The request, and what it would be sent as.
class shown_request {
public:
  shown_request(explained_request r, std::shared_ptr<const http_operation> op)
      : request(std::move(r)), op(std::move(op)) {}
  explained_request request;
  std::shared_ptr<const http_operation> op;
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

shown_request show(const client& c, chat ask, bool streamed) {
  return {c.explain(ask, streamed), make_chat_operation(std::move(ask))};
}
shown_request show(const client& c, text_generation ask, bool streamed) {
  return {c.explain(ask, streamed), make_generation_operation(std::move(ask))};
}
shown_request show(const client& c, task_request ask, bool) {
  return {c.explain(ask), make_task_operation(std::move(ask))};
}

// Those that change nothing about the request are taken, as they are by the command that sends it, and not listed.
void add_unlisted(CLI::App& command, arguments& args, bool is_chat) {
  args.common.cache.add_to(command);
  if (is_chat) {
    never_empty(command.add_option("--save", args.file));
  } else {
    never_empty(command.add_option("-o,--output", args.file));
    command.add_flag("--keep-urls", args.keep_urls);
  }
  add_raw(command, args.raw);
  for (const auto* name : {"--cache", "--cache-ttl", "--refresh", "--no-cache", is_chat ? "--save" : "--output",
                           is_chat ? "--raw" : "--keep-urls", "--raw"})
    command.get_option(name)->group("");
}

// `ask` makes the request from the arguments.
template <class Ask>
void add_task(CLI::App& explain, task_kind what, const char* name, const std::string& description, Ask ask, int& code,
              std::shared_ptr<arguments> args) {
  auto* command = explain.add_subcommand(name, description);
  command->group("Tasks");
  command->add_flag("--no-stream", args->no_stream, "The request without streaming")->group("Request");
  args->common.add_to(*command);
  args->common.add_shown_cost_to(*command);
  add_unlisted(*command, *args, what == task_kind::chat);
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
      const auto shown = ask(client(o), *args);
      if (!example.empty() && !args->common.quiet)
        say(stderr, "auto lets the Hub choose the provider; this is the request to {}: -p names another\n", example);
      print(stdout, "{}\n", to_json(shown.request, missing));
      if (!args->common.quiet)
        tell(stderr, estimate_words(given.settings, shown.op, shown.request));
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
  command->footer("No key is needed: without one, the variable that it would be read from stands in its place.\n"
                  "With price lists or budgets, stderr says what it may cost, and whether there is room for it.");
  auto chat = std::make_shared<arguments>();
  add_task(
      *command, task_kind::chat, "chat", "The request of weir chat",
      [](const client& c, const arguments& a) {
        auto ask = a.chat.make(a.common.names_target());
        ask.options(a.common.for_each_call());
        return show(c, std::move(ask), !a.no_stream);
      },
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
          if (what == task_kind::text_generation) {
            auto ask = a.task.make_generation();
            ask.options(a.common.for_each_call());
            return show(c, std::move(ask), !a.no_stream);
          }
          auto ask = a.task.make_task(what);
          ask.set_options(a.common.for_each_call());
          return show(c, std::move(ask), false);
        },
        code, args);
    auto* added = command->get_subcommand(task);
    args->task.add_to(*added);
    added->footer([what] { return parameter_help(what); });
  }
}

} // namespace weir::inline v0::cli
