// The client: from a request to an answer.
#pragma once

#include <weir/core/asio.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <weir/client/endpoint.hpp>
#include <weir/client/inspection.hpp>
#include <weir/client/job.hpp>
#include <weir/client/options.hpp>
#include <weir/task/catalog/model_info.hpp>
#include <weir/task/catalog/model_query.hpp>
#include <weir/task/chat.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/reply.hpp>
#include <weir/task/request.hpp>
#include <weir/task/text_generation.hpp>

namespace weir {

/// What would be sent, for people and for tests: keys redacted.
class explained_request {
public:
  explained_request() = default;
  std::string provider;
  std::string model; ///< As the provider is sent it.
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body; ///< JSON in text form.
};

/// Asks inference providers, over pooled connections.
///
///     weir::client client(weir::from_environment());
///     auto reply = co_await client.stream(weir::chat("meta-llama/Llama-3.3-70B-Instruct").user("Hello"));
///
/// Deadline: the earliest of the ambient one (within()), and options::deadline().
/// Policies: as the options have them; by default calls are tried three times, and what only fails is
/// not called for a while. \throws weir::error errc::invalid_configuration from the constructor, naming
/// the wrong field.
/// Errors of every call, as weir::error: nothing was sent (configuration), the network
/// failed, or the provider refused; see errc.
/// Cancellation: terminal at every point; the connection in use is closed.
///
/// Object lifetimes: replies and running calls may outlive the client. Client and replies may outlive the execution
/// context: when that is destroyed, replies end as cancelled and connections are closed, and the
/// client's next call, on another context, begins anew there.
/// Thread safety: none. A client belongs to the executor that its first call runs on: one strand, or one context that
/// one thread runs. A call from elsewhere is refused with errc::wrong_executor, which says what to do. A
/// server has one client for each strand, all of them with options::share() of the same policies, or
/// a client_group: examples/2_everyday/16_threads.cpp.
class client {
public:
  explicit client(weir::options o = from_environment());
  client(client&&) noexcept;
  client& operator=(client&&) noexcept;
  ~client();

  /// Opens a stream; ready when its first event is there (or, without retries, hedges and
  /// fallbacks, when the provider has begun to answer with 2xx).
  boost::asio::awaitable<reply> stream(weir::chat ask);
  boost::asio::awaitable<reply> stream(weir::text_generation ask);

  /// The models that can be called, and who serves them; see model_query for where they are listed. In the order
  /// of the source, and empty if nothing fits. Answers over 16 MiB are refused.
  boost::asio::awaitable<std::vector<model_info>> models(model_query q = model_query());

  /// The server at a URL, by default the options' own, for what it offers beside its tasks. It gets a key only if
  /// the options name its origin. \throws weir::error (condition::configuration), as for a URL that cannot be used.
  weir::endpoint endpoint(std::string url = {}) const;

  /// Runs a request to its result, in the request's result_type, without streaming:
  ///
  ///     auto image = co_await client.run(weir::text_to_image("black-forest-labs/FLUX.1-dev").prompt("A weir"));
  ///
  /// An answer in text that was cut off by a limit of tokens or a filter is no error: see completion::outcome.
  /// Where the provider makes a job of it, the job is polled at the provider's pace, until the deadline; a
  /// result that the provider keeps at a URL is downloaded, without credentials. Cancelled or out of time, it
  /// cancels the job at the provider, where that can be done: in the background, for at most 2 s.
  /// Errors, beside those of every call: in_band_error for a job that fails; truncated and response_too_large
  /// for a download; invalid_argument for a request that lacks something, and for a file that cannot be
  /// written. No file is left half written.
  template <std::derived_from<task_request> Task>
  boost::asio::awaitable<typename Task::result_type> run(Task ask) {
    return detail::result_as<typename Task::result_type>(run_any(static_cast<task_request&&>(ask)));
  }
  boost::asio::awaitable<completion> run(weir::chat ask);
  boost::asio::awaitable<generation> run(weir::text_generation ask);
  /// run() of the most common request.
  boost::asio::awaitable<completion> chat(weir::chat ask);
  /// The same for a task that is known at run time only: the result is what its class calls result_type.
  boost::asio::awaitable<std::any> run_any(task_request ask);

  /// Begins a request, and returns when the provider has taken it: for callers that show progress.
  template <std::derived_from<task_request> Task>
  boost::asio::awaitable<job<typename Task::result_type>> submit(Task ask) {
    return detail::job_as<typename Task::result_type>(submit_any(static_cast<task_request&&>(ask)));
  }
  boost::asio::awaitable<job<completion>> submit(weir::chat ask);
  boost::asio::awaitable<job<generation>> submit(weir::text_generation ask);
  /// The same as a reply: its events are progress, and result() holds the result after the last one.
  boost::asio::awaitable<reply> submit_any(task_request ask);

  /// The request that stream() or chat() would send, without sending it. A name that only
  /// the Hub can map to the vendor's is left as it is.
  explained_request explain(const weir::chat& ask, bool streamed = true) const;
  explained_request explain(const weir::text_generation& ask, bool streamed = true) const;
  explained_request explain(const task_request& ask) const;

  /// Connections by state.
  connections pool() const noexcept;
  /// How the pool and the policies stand; on the client's strand. `now`: of the time source that the calls run on.
  inspection inspect(time_point now = std::chrono::steady_clock::now()) const;

  /// Closes idle connections and ends waiting calls; running replies go on.
  void close() noexcept;

  class state;

private:
  std::shared_ptr<state> state_;
};

} // namespace weir
