#include "tool/batch/batch_arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <limits>

#include <weir/batch/batch.hpp>
#include <weir/core/error.hpp>

#include "batch/output/item_writer.hpp"
#include "codec/json/json.hpp"
#include "core/time/duration.hpp"
#include "tool/arguments/help.hpp"
#include "tool/arguments/option_values.hpp"
#include "tool/arguments/task_arguments.hpp"
#include "tool/arguments/text_input.hpp"
#include "tool/output/results.hpp"

namespace weir::inline v0::cli {

namespace json = codec::json;

namespace {

duration time_of(std::string_view option, std::string_view takes, const std::string& given) {
  try {
    return parse_duration(given);
  } catch (const error&) {
    refuse_value(option, takes, given);
  }
}

std::string text_of(const std::string& given) { return given.empty() ? given : read_text(given); }

} // namespace

void batch_arguments::add_to(CLI::App& command) {
  const auto add = [&command](const char* group) {
    return [&command, group](const char* name, auto& value, const char* type, const char* description) {
      return never_empty(command.add_option(name, value, description))->type_name(type)->group(group);
    };
  };
  command.add_option(
      "IN", inputs,
      "Files or patterns: JSONL, CSV, TSV, lines of text, also gzip or zstd; images and audio, or folders "
      "of them; - for stdin");
  const auto in = add("Input");
  in("--input-format", format_, "F", "jsonl, json, csv, tsv, text or files (default: by the name, or the first line)");
  in("--template", template_, "TEXT", "The prompt of each row, or @FILE: 'Summarise: {{text}}' with names of columns");
  in("--system", system_, "TEXT", "The system message of each row, or @FILE; may have {{names}} as well");
  in("--id", id_, "COLUMN", "The column that has the ids (default: custom_id, id or key, else the line's number)");
  in("--task", task_, "TASK", "What to ask, as weir run has it (default: chats, or what the lines say)");
  in("--media", media_, "COLUMN",
     "The column that names an image, audio or document, for a task or with a chat's prompt (default, for tasks: file, "
     "path, url, image or audio)");
  repeatable(in("--column", columns_, "NAME", "A column that goes into the output too (repeatable; default: all)"));
  whole_number(in("--limit", limit_, "N", "Only the first N items"), 1, std::numeric_limits<std::int64_t>::max());
  in("--sample", sample_, "N|P%", "Only N items, or so many per cent of them, at random but the same ones every time");
  whole_number(in("--sample-seed", seed_, "N", "Selects another sample (default: 0)"), 0,
               std::numeric_limits<std::int64_t>::max());
  in("--split", split_, "K/N", "Only part K of N, by the ids: for N machines; weir batch merge joins them");
  command
      .add_flag("--prefix-order", by_prefix_,
                "Ask items with the same beginning one after the other, for the provider's prompt cache")
      ->group("Input");

  chat_.add_to(command);
  command.get_option("--param")->description(
      "An extra field of the request body; with --task one of its parameters, which weir run TASK --help "
      "lists (repeatable)");
  in("--schema", schema_, "@FILE", "A JSON Schema that answers must fit; one that does not is asked once more")
      ->group("Request");

  add_output_to(command);
  add("Results")("--files", files, "DIR",
                 "Where images, sound and videos go, each named as its item (default: into the JSONL, as base64)");
  add("Results")("--status", status, "FILE", "Keep how far the job is in this file, as JSON");

  const auto job = add("Job");
  job("--concurrency", concurrency_, "N|auto", "Calls at once; auto: what the provider sustains (default: 64)");
  job("--max-cost", max_cost_, "AMOUNT", "Stop before this much is spent, earlier runs included, such as 5 or 2.50");
  job("--deadline", deadline_, "TIME", "Stop by then: a duration such as 2h, or a time of the day such as 06:00");
  whole_number(job("--rounds", rounds, "N", "How often failed items are asked again at the end (default: 1)"), 0, 99);
  job("--max-outage", max_outage_, "TIME", "How long to wait for a target that is down, or 0 (default: 10m)");
  command.add_flag("--dedupe", dedupe, "Ask equal items once, and give each the answer")->group("Job");
  command
      .add_flag("--dry-run", dry_run,
                "Read the input, say what is to be asked and what it would cost, and send nothing")
      ->group("Job");
  command
      .add_flag("--force", force,
                "Ask changed items again, keep the other answers although the target has changed, and replace an "
                "output of others")
      ->group("Job");
  job("--via", via_, "WAY",
      "live; provider: its batch API, cheaper and within a day; auto: batches for what they can take and the "
      "deadline allows, live calls for the rest (default: live)");
  const auto batches = add("Batches at the provider");
  batches("--window", window_, "TIME", "Within what time, where it lets one choose, such as 24h (default: its usual)");
  batches("--batch-api", api_, "NAME",
          "The API of a server at a URL: anthropic, fireworks, gemini, mistral, openai, openrouter, together or xai");
  batches("--batch-account", account_, "ID", "The account of the key, which Fireworks asks for");
  whole_number(batches("--batch-parts", batches_, "N", "How many batches at once (default: 4)"), 1, 1000);
  whole_number(batches("--batch-lines", batch_lines_, "N", "Items of a batch at most (default: what it takes)"), 1,
               10'000'000);
  batches("--poll", poll_, "TIME", "How soon, and how often at most, to look (default: 5s, up to 5m)");
  common.add_to_job(command);
  common.add_cost_to(command);
  common.cache.add_to(command);
}

void batch_arguments::add_output_to(CLI::App& command) {
  const auto out = [&command](const char* name, auto& value, const char* type, const char* description) {
    return never_empty(command.add_option(name, value, description))->type_name(type)->group("Results");
  };
  out("-o,--output", output, "FILE", "Where results go: .jsonl, .csv, .tsv or .txt; written when the job ends");
  repeatable(out("--select", select_, "[NAME=]PATH",
                 "What of each answer, such as .text or label=.json.label (repeatable; default: all of it)"));
  command.add_flag("--details", details_, "Add outcome, cost, tokens and times to a table")->group("Results");
  command.add_flag("--only-answers", only_answers_, "Leave items without an answer out of the output")
      ->group("Results");
  out("--failures", failures, "FILE",
      "Write the rows of items without an answer here, as JSONL that can be an input again");
  out("--journal", journal_, "FILE",
      "Where results are kept as they come, and for the next run (default: FILE.journal)");
}

batch_input batch_arguments::input() const {
  if (inputs.empty())
    throw error(errc::invalid_argument, "there is nothing to read: name files, or - for standard input");
  batch_input in;
  for (const auto& path : inputs)
    in.path(path);
  if (!format_.empty())
    in.format(find_batch_format(format_));
  in.prompt(text_of(template_)).system(text_of(system_)).id(id_).limit(limit_).seed(seed_).media(media_);
  if (const auto model = common.model(); !model.empty())
    in.model(model);
  if (!task_.empty())
    in.task(task_of(task_));
  if (in.task() && !chat_.parameters().empty())
    in.parameters(codec::to_text(read_parameters(*in.task(), chat_.parameters())));
  for (const auto& column : columns_)
    in.select(column);
  if (by_prefix_)
    in.prefix_window(1000);
  if (!sample_.empty()) {
    const bool share = sample_.ends_with('%');
    const auto text = std::string_view(sample_).substr(0, sample_.size() - (share ? 1 : 0));
    const auto percent = share ? number_in<double>(text) : std::nullopt;
    const auto count = share ? std::nullopt : number_in<std::uint64_t>(text);
    if (percent && *percent > 0 && *percent <= 100)
      in.sample_share(*percent / 100);
    else if (count && *count > 0)
      in.sample(*count);
    else
      refuse_value("--sample", "a number of items, or a percentage such as 5%", sample_);
  }
  if (!split_.empty()) {
    const auto slash = split_.find('/');
    const auto k = number_in<unsigned>(std::string_view(split_).substr(0, slash));
    const auto n =
        slash == std::string::npos ? std::nullopt : number_in<unsigned>(std::string_view(split_).substr(slash + 1));
    if (!k || !n || *k == 0 || *k > *n)
      refuse_value("--split", "K/N with K from 1 to N, such as 2/8", split_);
    in.part(*k, *n);
  }
  const auto shaped = chat_.make();
  const auto wanted = schema();
  const auto of_each = common.for_each_call();
  in.each([shaped, wanted, of_each](batch_item& item) {
    if (auto* chat = std::get_if<weir::chat>(&item.request())) {
      fill(*chat, shaped);
      if (wanted)
        chat->response_format(response_format::json_schema("answer", wanted->text()));
      chat->options(of_each);
    } else if (auto* made = std::get_if<text_generation>(&item.request())) {
      made->options(of_each);
    } else {
      std::get<task_request>(item.request()).set_options(of_each);
    }
  });
  return in;
}

batch_output_options batch_arguments::output_options() const {
  const auto task = task_.empty() ? task_kind::chat : task_of(task_);
  const bool makes_files = gives_files(task) || task == task_kind::image_segmentation;
  if (makes_files && files.empty() && select_.empty() && !output.empty() &&
      format_of(output) != batch_output_format::jsonl)
    throw error(errc::invalid_argument,
                fmt::format("the results of {} are files: name a folder for them, --files DIR (in JSONL, -o "
                            "NAME.jsonl, they can be base64)",
                            name_of(task)));
  batch_output_options o;
  std::vector<output_field> fields;
  for (const auto& one : select_)
    fields.push_back(output_field::parse(one));
  o.fields(std::move(fields)).details(details_).with_failures(!only_answers_).failures(failures);
  return o;
}

concurrency_choice batch_arguments::concurrency() const {
  concurrency_choice c;
  if (concurrency_.empty())
    return c;
  if (concurrency_ == "auto") {
    c.adaptive = true;
    c.in_flight = 1024;
    return c;
  }
  const auto n = number_in<std::size_t>(concurrency_);
  if (!n || *n == 0 || *n > 100'000)
    refuse_value("--concurrency", "a number of calls from 1 to 100000, or auto", concurrency_);
  c.in_flight = *n;
  return c;
}

std::shared_ptr<const weir::schema> batch_arguments::schema() const {
  return schema_.empty() ? nullptr : std::make_shared<const weir::schema>(read_text(schema_));
}

std::optional<job_way> batch_arguments::via() const {
  if (via_.empty())
    return std::nullopt;
  if (via_ == "live")
    return job_way::live;
  if (via_ == "provider")
    return job_way::provider;
  if (via_ == "auto")
    return job_way::automatic;
  refuse_value("--via", "live, provider or auto", via_);
}

void batch_arguments::check_batches() const {
  if (!max_cost_.empty())
    throw error(errc::invalid_argument, "--max-cost cannot stop a batch at the provider: see what it would cost with "
                                        "--dry-run, take a part of it with --limit, or use --via live");
  if (dedupe)
    throw error(errc::invalid_argument, "--dedupe is of live calls: use --via live");
  if (!files.empty() && via() == job_way::provider)
    throw error(errc::invalid_argument, "--files is of live calls: use --via live");
  if (!task_.empty() && via() == job_way::provider)
    throw error(errc::invalid_argument, "a provider's batches take chats only: use --via live for other tasks");
}

provider_batch_options batch_arguments::by_provider() const {
  provider_batch_options o;
  o.api(api_).account(account_).parts_at_once(batches_).max_lines(batch_lines_).rounds(rounds + 1);
  o.replay(false).force(force).schema(schema());
  if (!window_.empty()) {
    const auto hours = std::chrono::ceil<std::chrono::hours>(time_of("--window", "a duration such as 24h", window_));
    if (hours.count() < 1)
      refuse_value("--window", "a duration such as 24h", window_);
    o.window(hours);
  }
  if (!poll_.empty()) {
    const auto every = time_of("--poll", "a duration such as 24h", poll_);
    if (every < std::chrono::milliseconds(10))
      refuse_value("--poll", "a duration of 10ms or more", poll_);
    o.first_poll(every).longest_poll(every);
  }
  return o;
}

duration batch_arguments::max_outage() const {
  if (max_outage_.empty())
    return batch_options().longest_outage();
  return time_of("--max-outage", "a duration such as 10m, or 0", max_outage_);
}

std::optional<money> batch_arguments::max_cost() const {
  if (max_cost_.empty())
    return std::nullopt;
  const auto text = max_cost_.starts_with('$') ? max_cost_.substr(1) : max_cost_;
  const auto amount = money::parse(text);
  if (!amount || *amount <= money())
    refuse_value("--max-cost", "an amount such as 5 or 2.50", max_cost_);
  return amount;
}

std::optional<std::chrono::system_clock::time_point>
batch_arguments::deadline(std::chrono::system_clock::time_point now) const {
  using clock = std::chrono::system_clock;
  if (deadline_.empty())
    return std::nullopt;
  std::tm at{};
  if (const char* end = ::strptime(deadline_.c_str(), "%H:%M", &at); end && *end == 0) {
    const auto today = clock::to_time_t(now);
    std::tm day{};
    ::localtime_r(&today, &day);
    day.tm_hour = at.tm_hour;
    day.tm_min = at.tm_min;
    day.tm_sec = 0;
    day.tm_isdst = -1;
    auto when = clock::from_time_t(std::mktime(&day));
    if (when <= now) {
      ++day.tm_mday;
      day.tm_isdst = -1;
      when = clock::from_time_t(std::mktime(&day));
    }
    return when;
  }
  return now + std::chrono::duration_cast<clock::duration>(
                   time_of("--deadline", "a duration such as 2h, or a time of the day such as 06:00", deadline_));
}

std::string batch_arguments::named_journal() const {
  return journal_.empty() && !output.empty() && output != "-" ? output + ".journal" : journal_;
}

std::string batch_arguments::journal_path() const {
  auto path = named_journal();
  if (path.empty())
    throw error(errc::invalid_argument,
                output.empty() ? "the results need a place: -o FILE"
                               : "-o - needs a place for the results until they are printed, and for a second run: "
                                 "--journal FILE");
  return path;
}

batch_places batch_arguments::places(const std::string& journal) const {
  batch_places p;
  p.inputs = inputs;
  p.output = output;
  p.failures = failures;
  p.journal = journal;
  p.status = status;
  p.files = files;
  p.replace = force;
  return p;
}

std::string batch_arguments::settings(const weir::options& o) const {
  json::object all;
  all["provider"] = o.provider();
  all["model"] = o.model();
  all["base_url"] = o.base_url();
  return codec::to_text(all);
}

} // namespace weir::inline v0::cli
