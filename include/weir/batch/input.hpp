// The inputs of batches: files as people have them, read item by item.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <weir/batch/source.hpp>
#include <weir/task/kind.hpp>

#include <weir/detail/fluent.hpp>

WEIR_BEGIN_NAMESPACE

namespace detail {
class input_row;
}

/// How an input is written. `automatic`: by the ending of its name (`.jsonl`, `.ndjson`, `.json`, `.csv`, `.tsv`,
/// `.txt`, with or without `.gz` or `.zst`), else by its first line.
enum class batch_format : std::uint8_t {
  automatic,
  jsonl, ///< An object a line.
  json,  ///< A list of objects, over as many lines as it likes; or as jsonl.
  text,  ///< A text a line; blank lines are skipped.
  csv,   ///< RFC 4180 with a header line. The delimiter is a comma, semicolon, tab or bar, as the header has it.
  tsv,   ///< The same with tabs.
  files, ///< Each file is an item: images or audio for tasks that take them.
};
/// `automatic`, `jsonl` and so on. \throws weir::error errc::invalid_argument for another name, listing them.
batch_format find_batch_format(std::string_view name);

/// A row of an input, as a maker of requests sees it.
/// Object lifetimes: only during the call that it is passed to.
class batch_row {
public:
  explicit batch_row(const detail::input_row& of, std::string_view origin) noexcept : of_(&of), origin_(origin) {}

  /// A cell or member: a text as it is, anything else as JSON. `a.b` is member `b` of `a`, `a.0` the first element of a
  /// list. Of an input of plain lines, `text` is the line. Empty if there is none; null is an empty text.
  std::optional<std::string> at(std::string_view path) const;
  /// The row as a JSON object.
  std::string json() const;
  /// `rows.csv:17`.
  std::string_view origin() const noexcept { return origin_; }

private:
  const detail::input_row* of_;
  std::string_view origin_;
};

/// What to read, and what to make of it.
///
///     auto source = weir::open_batch_input(weir::batch_input("rows.csv").prompt("Summarise: {{text}}").id("ticket"));
///
/// A row that is a request of a provider's batch API is read as one, whichever provider is asked afterwards:
/// OpenAI's (`custom_id`, `body`, with or without `method` and `url`, which tells the endpoint: chat completions,
/// responses, embeddings, completions, images, speech), Anthropic's (`custom_id`, `params`), Gemini's (`key`,
/// `request`), Mistral's and Fireworks' (`custom_id`, `body`). So are `{"messages": …}` and `{"prompt": …}` with
/// parameters of chat completions beside it, `{"text": …}`, `{"input": …}` and plain lines, each a chat with one
/// message. The kinds may be mixed. With prompt() any row is a chat that its template makes.
///
/// Ids: `custom_id`, `id`, `key`, or the column of id(); numbers become text. A row without one is known by its place,
/// `rows.csv:17`: the name in its normal form (`./rows.csv` is `rows.csv`), and the line on which it begins. Lines may
/// then be appended between runs of a job; where lines are inserted or changed, the requests behind their ids change,
/// which the job notices by their fingerprints.
class batch_input {
public:
  batch_input() = default;
  explicit batch_input(std::string path) { paths_.push_back(std::move(path)); }

  /// Adds an input: a file, a pattern (`part-*.jsonl`, its files in the order of their bytes), or `-` for standard
  /// input; for a task that takes images or audio, or with prompt(), also a folder, whose media are items, each with
  /// the column `file`. gzip and zstd are recognized by their first bytes. A FIFO, or another input that is no file,
  /// can only be read once: it is not checked beforehand.
  WEIR_SETTER(batch_input, std::string, path, paths_.push_back(std::move(v)))
  const std::vector<std::string>& paths() const noexcept { return paths_; }
  /// Default: automatic.
  WEIR_VALUE(batch_input, batch_format, format)
  /// Makes each row a chat with this user message, in which `{{name}}` is a cell or member, as batch_row::at() finds
  /// it. `{{{{` is `{{`. A name that the first row does not have ends the job before anything is sent.
  WEIR_FIELD(batch_input, std::string, prompt)
  /// The same as the system message, for rows that have none of their own.
  WEIR_FIELD(batch_input, std::string, system)
  /// The column that has the ids.
  WEIR_FIELD(batch_input, std::string, id)
  /// Asks this model, whatever the rows say. Default: theirs, else the client's.
  WEIR_FIELD(batch_input, std::string, model)
  /// Makes each row a request of this task: of a text, `{"text": …}` or `{"input": …, "parameters": {…}}`, an object
  /// with the members of a structured input, or for images and audio a file's path or a URL. Default: what the rows
  /// are, chats unless they say otherwise.
  WEIR_OPTIONAL(batch_input, task_kind, task)
  /// The column that names an image, sound or document, as a path or a URL: the input of a task of media, or what goes
  /// with the prompt of a chat. Default: `file`, `path`, `url`, `image`, `audio` or `video` for tasks, none for chats.
  WEIR_FIELD(batch_input, std::string, media)
  /// Parameters of the task for all rows, which their own `parameters` overrule: a JSON object in text form.
  WEIR_FIELD(batch_input, std::string, parameters)
  /// Adds a column that passes through to the output. Default: all of a table's and of rows that prompt() or maker()
  /// makes requests of; else the members that are neither the id nor part of the request.
  WEIR_SETTER(batch_input, std::string, select, selected_.push_back(std::move(v)))
  const std::vector<std::string>& selected() const noexcept { return selected_; }
  /// Makes the requests instead. What it throws as weir::error rejects the row; anything else ends the job.
  using maker_type = std::function<batch_item::request_type(const batch_row&)>;
  WEIR_FIELD(batch_input, maker_type, maker)
  /// Called with each item that can be asked, to change it: for parameters that all have in common. As maker(), called
  /// by a check as well.
  using hook = std::function<void(batch_item&)>;
  WEIR_FIELD(batch_input, hook, each)

  /// The longest line, or row of a table, in bytes; a longer one is rejected, not held. Default: 64 MiB.
  WEIR_VALUE(batch_input, std::size_t, max_line)
  /// Takes only the items of part `k` of `n`, both from 1: see in_part().
  batch_input&& part(unsigned k, unsigned n) && { return std::move(part(k, n)); }
  batch_input& part(unsigned k, unsigned n) & {
    part_ = {k, n};
    return *this;
  }
  std::pair<unsigned, unsigned> part() const noexcept { return part_; }
  /// Takes at most so many items. 0: all.
  WEIR_VALUE(batch_input, std::uint64_t, limit)
  /// Takes so many items, chosen by chance but the same ones each time for one seed(). The input is read once more for
  /// that, so it cannot be one that can only be read once. 0: all.
  WEIR_VALUE(batch_input, std::uint64_t, sample)
  /// Takes about this share of the items, chosen in the same way; of any input. Default: 1.
  WEIR_VALUE(batch_input, double, sample_share)
  WEIR_VALUE(batch_input, std::uint64_t, seed)
  /// Asks items with the same beginning one after the other, within a window of so many: see prefix_ordered(). 0:
  /// never.
  WEIR_VALUE(batch_input, std::size_t, prefix_window)
  /// What a check has counted, for batch_source::size().
  WEIR_OPTIONAL(batch_input, std::uint64_t, items)

private:
  std::vector<std::string> paths_;
  batch_format format_ = batch_format::automatic;
  std::string prompt_, system_, id_, model_, media_, parameters_;
  std::optional<task_kind> task_;
  std::vector<std::string> selected_;
  maker_type maker_;
  hook each_;
  std::size_t max_line_ = std::size_t{64} << 20;
  std::pair<unsigned, unsigned> part_{1, 1};
  std::uint64_t limit_ = 0, sample_ = 0, seed_ = 0;
  double sample_share_ = 1;
  std::size_t prefix_window_ = 0;
  std::optional<std::uint64_t> items_;
};

/// Opens an input. Files are opened one after the other as they are reached, and read as far as they go at that time;
/// no more than a line and a piece of 64 KiB is in memory.
///
/// A line that cannot be read, or is no request, gives a batch_item::rejected() that says why and where. What ends the
/// job instead, by an exception from next(): a file that has vanished or cannot be read or unpacked, a table without a
/// header, and names in prompt(), id() or select() that the first row does not have.
/// \throws weir::error errc::invalid_argument for a path or pattern without a file, a folder, a bad template, or
/// options out of their range; errc::unsupported for a format that this weir was built without.
std::unique_ptr<batch_source> open_batch_input(batch_input o);

/// What an input holds.
struct batch_input_check {
  batch_input_check() = default;

  std::uint64_t items = 0;             ///< That will be asked; after part(), sample() and limit().
  std::uint64_t rejected = 0;          ///< Rows that cannot be.
  std::vector<std::string> problems;   ///< Of the first 20 of these, with their places.
  std::uint64_t characters = 0;        ///< Of text in the requests, tools and schemas included; media are not counted.
  std::uint64_t max_output_tokens = 0; ///< The sum of the limits that the requests have.
  std::uint64_t unlimited = 0;         ///< Items without such a limit.
  std::uint64_t others = 0;            ///< Items of tasks whose results have no tokens that are known before.
  std::map<std::string, std::uint64_t> models; ///< Items by model; empty: the client's. At most 1,000 models.
  std::uint64_t media = 0;                     ///< Items with images, audio or files.
  std::vector<std::string> unread;             ///< Inputs that can only be read once: they were left alone.

  bool complete() const noexcept { return unread.empty(); }
};

/// Reads all of an input once, to know before anything is sent what the job will meet. Takes 16 bytes of memory an item
/// and some more while it ends. `counts`, if it is not empty, is called with each item that can be asked, of which
/// files have not been read; one for which it returns false is not counted, and what it throws ends the check. Errors:
/// errc::invalid_argument for an id that comes twice, with both places; what open_batch_input() and its source throw.
/// Cancellation: terminal.
boost::asio::awaitable<batch_input_check> check_batch_input(batch_input o,
                                                            std::function<bool(const batch_item&)> counts = {});

/// Whether the item of that id is in part `k` of `n`, both from 1. Each id is in exactly one of the parts, the same one
/// on every machine and in every version, so that n machines can share a job without talking to each other.
/// \throws weir::error errc::invalid_argument unless 1 ≤ k ≤ n.
bool in_part(std::string_view id, unsigned k, unsigned n);

// Sources from sources. Each owns the one that it is made from.

/// The items of one part; see in_part().
std::unique_ptr<batch_source> part_of(std::unique_ptr<batch_source> from, unsigned k, unsigned n);
/// The first `n` items.
std::unique_ptr<batch_source> limited(std::unique_ptr<batch_source> from, std::uint64_t n);
/// About this share of the items, 0 … 1, by their ids and the seed: the same ones each time.
std::unique_ptr<batch_source> sampled(std::unique_ptr<batch_source> from, double share, std::uint64_t seed = 0);
/// Brings items with the same beginning (model, tools, system message, start of the prompt) together within windows of
/// so many items, so that prompt caches of providers serve the later ones. Waits for a whole window, and has it in
/// memory.
std::unique_ptr<batch_source> prefix_ordered(std::unique_ptr<batch_source> from, std::size_t window = 1000);

WEIR_END_NAMESPACE

#include <weir/detail/fluent.hpp>
