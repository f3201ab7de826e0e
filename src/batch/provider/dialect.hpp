// The seam to a provider's batch API: requests to bytes, responses to neutral values. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/task/chat.hpp>

#include "batch/provider/part_limits.hpp"
#include "http/message/types.hpp"
#include "provider/dialect.hpp"

namespace weir::inline v0::vendor_batch {

/// How far a provider is with a batch.
enum class batch_state : std::uint8_t { validating, running, finalizing, completed, failed, expired, cancelled };

/// Whether nothing more happens to it. Each of these states may come with results.
inline bool is_terminal(batch_state s) noexcept { return s >= batch_state::completed; }
/// The stable name, for the journal: `running`.
std::string_view name_of(batch_state s) noexcept;
/// running for a name that is none.
batch_state state_of(std::string_view name) noexcept;

/// What a provider says is wrong with a batch as such, or with one of its lines.
class batch_problem {
public:
  batch_problem() = default;
  batch_problem(std::string code, std::string message, std::optional<std::uint64_t> line = std::nullopt)
      : code(std::move(code)), message(std::move(message)), line(line) {}
  std::string code, message;         ///< The provider's own words, made safe to show.
  std::optional<std::uint64_t> line; ///< From 1.
};

/// Where a file of results is, in the dialect's own words: the id of a file, a path, a URL. Opaque to everybody else.
using result_place = std::string;

/// A batch, as a response describes it.
class batch_view {
public:
  batch_view() = default;
  std::string id;
  batch_state state = batch_state::running;
  std::string word; ///< The provider's own word for the state.
  std::optional<std::uint64_t> total, completed, failed;
  /// Everything that results can be read from; complete once the state is terminal, and often empty before.
  std::vector<result_place> places;
  std::vector<batch_problem> problems;
  std::string nonce;        ///< What weir had written into its metadata or name; empty where there is nothing.
  std::string input_file;   ///< The uploaded file that it works on, where it is told.
  std::int64_t created = 0; ///< Unix seconds; 0 where not told.

  bool ended() const noexcept { return is_terminal(state); }
};

/// A page of a list of batches.
class batch_page {
public:
  batch_page() = default;
  std::vector<batch_view> batches;
  std::string next; ///< For list(); empty after the last page.
};

/// What became of one line.
class line_result {
public:
  enum class kind : std::uint8_t {
    answered, ///< `body` is the provider's response to the request.
    failed,   ///< `why` says for what reason it was refused.
    not_run,  ///< The batch ended before its turn; it costs nothing and may be asked again.
  };
  line_result() = default;
  std::string custom_id;
  kind what = kind::not_run;
  int status = 0;         ///< HTTP's; 0 where not told.
  std::string body;       ///< JSON.
  std::string request_id; ///< The provider's.
  failure why;
};

/// A part of a job as it is submitted.
class submission {
public:
  submission() = default;
  std::string nonce;   ///< Names this attempt to create a batch: letters, digits and `-`, at most 40.
  std::string sha256;  ///< Of `content`.
  std::string content; ///< The lines, each with a line feed.
  std::uint64_t lines = 0;
  std::string file;              ///< From uploaded().
  std::chrono::hours window{24}; ///< Within the dialect's limits.
};

/// A 2xx response.
class response {
public:
  response() = default;
  int status = 200;
  http::fields headers;
  std::string body;
};

/// How a batch is found again whose creation was not confirmed.
enum class search_by : std::uint8_t {
  nonce,   ///< Its metadata or name, or the id of its input file, is in the list.
  results, ///< Only its results tell: their custom ids begin with the part's tag.
};

/// One provider's batch API at one route. Requests carry the route's key where its origin is the route's.
/// Errors of every function that reads a response: weir::error errc::malformed_response for one that cannot be read.
/// Unknown states are `running`, unknown members are ignored.
/// Thread safety: immutable.
class dialect {
public:
  explicit dialect(provider::route to) : to_(std::move(to)) {}
  dialect(const dialect&) = delete;
  virtual ~dialect() = default;

  const provider::route& route() const noexcept { return to_; }
  virtual std::string_view name() const noexcept = 0;
  virtual part_limits limits() const = 0;
  virtual search_by search() const noexcept { return search_by::nonce; }

  /// The line of a request, without a line feed. The custom id is the first string of that value in it.
  /// \throws weir::error as provider::encode_chat().
  virtual std::string line(const chat& ask, std::string_view custom_id) const = 0;

  /// How many requests an upload takes; 0: the lines are sent with create().
  virtual unsigned upload_steps() const noexcept { return 0; }
  /// `before`: the responses to the earlier steps.
  virtual http::request upload(const submission& s, const std::vector<response>& before) const;
  /// Whether a refusal of a step only says that an earlier try came through.
  virtual bool is_repeat(unsigned /*step*/, int /*status*/) const noexcept { return false; }
  /// The id of the file, once every step has been answered.
  virtual std::string uploaded(const submission& s, const std::vector<response>& all) const;

  virtual http::request create(const submission& s) const = 0;
  /// The newest batches first. `from`: batch_page::next, or empty.
  virtual http::request list(const std::string& from) const = 0;
  virtual http::request poll(const std::string& id) const = 0;
  /// Nothing where a batch cannot be cancelled.
  virtual std::optional<http::request> cancel(const std::string& id) const = 0;

  /// Of create(), poll() and cancel(). `s` may be null.
  virtual batch_view batch(const response& r) const = 0;
  /// Of list(from).
  virtual batch_page page(const std::string& from, const response& r) const = 0;

  /// Reads results. Redirects may be followed, without the key beyond the first origin.
  virtual http::request fetch(const result_place& from) const = 0;
  /// Whether the response is lines; else unpack() makes lines of it.
  virtual bool gives_lines(const result_place& from) const noexcept = 0;
  class unpacked {
  public:
    unpacked() = default;
    std::vector<std::string> lines;
    std::vector<result_place> further;
  };
  virtual unpacked unpack(const result_place& from, const response& r) const;
  virtual line_result result(std::string_view line) const = 0;

  /// Removes what was uploaded, and what the provider keeps of the results.
  virtual std::vector<http::request> remove_input(const std::string& file) const;
  virtual std::vector<http::request> remove_output(const std::string& id, const std::vector<result_place>& at) const;

protected:
  /// A request below the API's root, with the route's key, headers and query.
  http::request at(std::string_view method, const std::string& path) const;
  http::request post_json(const std::string& path, std::string body) const;
  /// The body of a non-streamed chat without its `stream`.
  std::string chat_body(const chat& ask) const;

  /// The path of the API, from the path of chats: `/openai/v1/chat/completions` gives `/openai/v1`.
  std::string root_;

private:
  const provider::route to_;
};

/// The names of the APIs: `openai`, `anthropic` …
std::vector<std::string_view> batch_apis();
/// The batch API of a chat's route: by `api`, or if that is empty by the vendor or host; OpenAI's for any other
/// server. \throws weir::error errc::unsupported where there is none, such as at Hugging Face's router;
/// errc::invalid_argument for an unknown name, and for Fireworks without an account.
/// `account`: of the key, for Fireworks, whose paths contain it.
std::unique_ptr<dialect> make_dialect(provider::route to, std::string_view api = {}, std::string account = {});

std::unique_ptr<dialect> make_openai(provider::route to);
std::unique_ptr<dialect> make_anthropic(provider::route to);
std::unique_ptr<dialect> make_gemini(provider::route to);
std::unique_ptr<dialect> make_mistral(provider::route to);
std::unique_ptr<dialect> make_together(provider::route to);
std::unique_ptr<dialect> make_fireworks(provider::route to, std::string account);
std::unique_ptr<dialect> make_xai(provider::route to);
std::unique_ptr<dialect> make_openrouter(provider::route to);

} // namespace weir::inline v0::vendor_batch
