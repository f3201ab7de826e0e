// weir endpoint: health, info, tokens and metrics of a text-generation server.

#include <fmt/format.h>

#include <cmath>

#include <weir/client/client.hpp>

#include "codec/json/json.hpp"
#include "tool/arguments/text_input.hpp"
#include "tool/commands/commands.hpp"
#include "tool/exit_code.hpp"
#include "tool/output/display_width.hpp"
#include "tool/output/output.hpp"
#include "tool/session.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;
namespace json = codec::json;

namespace {

class arguments {
public:
  arguments() = default;
  std::string text, system;
  common_options common;
};
using given = std::shared_ptr<arguments>;

void print_line(const json::object& o) { print(stdout, "{}\n", codec::to_text(o)); }

asio::awaitable<int> show_health(client& c, given args) {
  const auto health = co_await c.endpoint().health();
  if (args->common.json)
    print_line(json::object{{"health", name_of(health)}});
  else
    print(stdout, "{}\n", name_of(health));
  switch (health) {
  case endpoint_health::ready: break;
  case endpoint_health::starting:
    co_return report(failure(errc::starting, "the endpoint is starting, which takes minutes: try again later"));
  case endpoint_health::unhealthy:
    co_return report(failure(errc::server_error, "the server runs but reports itself unhealthy: see its logs"));
  case endpoint_health::paused:
    co_return report(failure(errc::paused, "the endpoint is paused: resume it where it was created"));
  }
  co_return 0;
}

json::object info_object(const endpoint_info& info) {
  json::object o;
  const auto text = [&o](const char* key, const std::string& v) {
    if (!v.empty())
      o[key] = v;
  };
  const auto count = [&o](const char* key, const std::optional<std::uint64_t>& v) {
    if (v)
      o[key] = *v;
  };
  text("model_id", info.model_id);
  text("model_sha", info.model_sha);
  text("task", info.task);
  text("dtype", info.dtype);
  text("device", info.device);
  count("max_input_tokens", info.max_input_tokens);
  count("max_total_tokens", info.max_total_tokens);
  count("max_batch_total_tokens", info.max_batch_total_tokens);
  count("max_concurrent_requests", info.max_concurrent_requests);
  count("max_best_of", info.max_best_of);
  count("max_stop_sequences", info.max_stop_sequences);
  count("max_client_batch_size", info.max_client_batch_size);
  count("validation_workers", info.validation_workers);
  text("router", info.router);
  text("version", info.version);
  text("sha", info.sha);
  text("docker_label", info.docker_label);
  for (const auto& [key, value] : info.more) {
    error_code ec;
    o[key] = codec::parse_json(value, ec);
  }
  return o;
}

void print_object(const json::object& o, const common_options& how) {
  if (how.json)
    return print_line(o);
  for (const auto& member : o) {
    const auto* words = member.value().if_string();
    print(stdout, "{} {}\n", padded(harmless(std::string_view(member.key())), 24),
          harmless(words ? std::string_view(*words) : codec::to_text(member.value())));
  }
}

// Whether the server answered, and has no such route or gave something else there.
bool has_no_info(const failure& f) {
  return f.code() == errc::not_found || f.code() == errc::malformed_response || f.code() == errc::unexpected_content;
}

// Other servers than text-generation ones have no /info, but a list of their models.
asio::awaitable<int> show_info(client& c, given args) {
  failure why;
  try {
    const auto info = co_await c.endpoint().info();
    print_object(info_object(info), args->common);
    co_return 0;
  } catch (const error& e) {
    why = e.failure();
  }
  if (!has_no_info(why))
    throw error(std::move(why));
  std::vector<model_info> served;
  try {
    served = co_await c.models(model_query());
  } catch (const error& e) {
    if (!has_no_info(e.failure()))
      throw;
  }
  if (served.empty())
    throw error(std::move(why));
  for (const auto& m : served) {
    json::object o{{"model_id", m.id}};
    if (m.context_length)
      o["context_length"] = *m.context_length;
    print_object(o, args->common);
  }
  co_return 0;
}

void print_tokens(const std::vector<text_token>& tokens, const common_options& how) {
  if (!how.json)
    print(stdout, "{:>8} {:>6} {:>6}  TEXT\n", "ID", "START", "STOP");
  for (const auto& t : tokens) {
    if (how.json)
      print_line(json::object{{"id", t.id}, {"text", t.text}, {"start", t.start}, {"stop", t.stop}});
    else
      print(stdout, "{:>8} {:>6} {:>6}  {}\n", t.id, t.start, t.stop, harmless(codec::to_text(json::value(t.text))));
  }
  if (!how.json && !how.quiet)
    say(stderr, "{} token{}\n", tokens.size(), tokens.size() == 1 ? "" : "s");
}

asio::awaitable<int> show_tokens(client& c, given args) {
  auto text = read_text(args->text);
  const auto tokens = co_await c.endpoint().tokenize(std::move(text));
  print_tokens(tokens, args->common);
  co_return 0;
}

asio::awaitable<int> show_chat_tokens(client& c, given args) {
  chat ask;
  if (!args->system.empty())
    ask.system(args->system);
  ask.user(read_text(args->text));
  const auto made = co_await c.endpoint().chat_tokenize(std::move(ask));
  print_tokens(made.tokens, args->common);
  if (args->common.json)
    print_line(json::object{{"templated_text", made.templated_text}});
  else
    print(stdout, "\n{}\n", harmless(made.templated_text));
  co_return 0;
}

asio::awaitable<int> show_metrics(client& c, given args) {
  const auto samples = co_await c.endpoint().metrics();
  for (const auto& s : samples) {
    if (args->common.json) {
      json::object labels;
      for (const auto& [key, value] : s.labels)
        labels[key] = value;
      json::object o{{"name", s.name}, {"labels", std::move(labels)}};
      // JSON has no infinity: it is written as a string.
      o["value"] = std::isfinite(s.value) ? json::value(s.value) : json::value(fmt::format("{}", s.value));
      print_line(o);
      continue;
    }
    std::string labels;
    for (const auto& [key, value] : s.labels)
      labels += (labels.empty() ? " " : ", ") + key + "=" + value;
    print(stdout, "{:<52} {:>14}{}\n", s.name, s.value, harmless(labels));
  }
  co_return 0;
}

using action = asio::awaitable<int> (*)(client&, given);

CLI::App* add(CLI::App& endpoint, const char* name, const char* description, action act, const given& args, int& code) {
  auto* command = endpoint.add_subcommand(name, description);
  args->common.add_to(*command);
  command->callback([args, act, &code] {
    code = run_session(args->common, [args, act](client& c, const last_call&) { return act(c, args); });
  });
  return command;
}

} // namespace

void add_endpoint(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("endpoint", "Query a text-generation server: health, info, tokenize, metrics");
  command->require_subcommand(1);
  // The options may be given before the command too. Where one is given on both sides, the one after it counts.
  const auto args = std::make_shared<arguments>();
  args->common.add_to(*command);
  const auto with_text = [&args](CLI::App* to) {
    to->add_option("TEXT", args->text, "The text, @FILE, or - for standard input")->required();
  };
  add(*command, "health", "Whether the server is ready, unhealthy, starting or paused", show_health, args, code);
  add(*command, "info", "The server's model and limits; the models of a server without /info", show_info, args, code);
  with_text(add(*command, "tokenize", "The tokens of a text", show_tokens, args, code));
  auto* chat = add(*command, "chat-tokenize", "The tokens of a chat, as the model's template renders it",
                   show_chat_tokens, args, code);
  with_text(chat);
  chat->add_option("--system", args->system, "The system message")->type_name("TEXT")->group("Request");
  add(*command, "metrics", "The server's counters and gauges", show_metrics, args, code);
}

} // namespace weir::inline v0::cli
