// The client: from a request to an answer.
#pragma once

#include <weir/core/asio.hpp>
#include <weir/detail/abi.hpp>

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

WEIR_BEGIN_NAMESPACE

/// What would be sent, for people and for tests. Keys are redacted.
struct explained_request {
  explained_request() = default;
  std::string provider;
  std::string model; ///< As sent to the provider.
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body; ///< JSON in text form.
};

/// Sends requests to inference providers over pooled connections.
///
///     weir::client client(weir::from_environment());
///     auto reply = co_await client.stream(weir::chat("meta-llama/Llama-3.3-70B-Instruct").user("Hello"));
///
/// Deadline: the earliest of the ambient one (within()), and options::deadline().
/// Policies: as the options set them; by default a call is tried up to three times, and a target whose calls keep
/// failing is not called for a while.
/// \throws weir::error errc::invalid_configuration from the constructor, naming the wrong field.
/// Errors of every call, as weir::error: the configuration (nothing was sent), the network, or the provider's refusal;
/// see errc.
/// Cancellation: terminal at every point; the connection in use is closed.
///
/// Object lifetimes: replies and running calls may outlive the client. Client and replies may outlive the execution
/// context: when that is destroyed, replies end as cancelled, connections are closed, and the client's next call, on
/// another context, starts over there.
/// Thread safety: none. A client belongs to the executor that its first call runs on: one strand, or one context that
/// one thread runs. A call from elsewhere is refused with errc::wrong_executor, which says what to do. A server uses
/// one client per strand, all sharing their policies through options::share(), or a client_group:
/// examples/2_everyday/16_threads.cpp.
class client {
public:
  explicit client(weir::options o = from_environment());
  client(client&&) noexcept;
  client& operator=(client&&) noexcept;
  ~client();

  /// Opens a stream; returns when its first event has arrived (or, without retries, hedges and fallbacks, when the head
  /// of a 2xx response has).
  boost::asio::awaitable<reply> stream(weir::chat request);
  boost::asio::awaitable<reply> stream(weir::text_generation request);

  /// The models that can be called and the providers that serve them; see model_query for the sources. In the source's
  /// order; empty if nothing matches. Responses over 16 MiB are refused.
  boost::asio::awaitable<std::vector<model_info>> models(model_query q = model_query());

  /// The server at a URL, by default the options' own, for what it offers besides inference. It gets a key only if the
  /// options name its origin. \throws weir::error (condition::configuration), as for a URL that cannot be used.
  weir::endpoint endpoint(std::string url = {}) const;

  /// Runs a request without streaming and returns its result, of the request's result_type:
  ///
  ///     auto image = co_await client.run(weir::text_to_image("black-forest-labs/FLUX.1-dev").prompt("A weir"));
  ///
  /// A text answer that a token limit or a content filter cut off is not an error: see completion::outcome. If the
  /// provider runs the request as a job, the job is polled at the provider's pace until the deadline; a result that the
  /// provider keeps at a URL is downloaded, without credentials. On cancellation or at the deadline the job is
  /// cancelled at the provider where possible: in the background, for at most 2 s.
  /// Errors, besides those of every call: in_band_error for a job that fails; truncated and response_too_large for a
  /// download; invalid_argument for a request that is incomplete, and for a file that cannot be written. No partly
  /// written file is left behind.
  template <std::derived_from<task_request> Task>
  boost::asio::awaitable<typename Task::result_type> run(Task request) {
    return detail::result_as<typename Task::result_type>(run_any(static_cast<task_request&&>(request)));
  }
  boost::asio::awaitable<completion> run(weir::chat request);
  boost::asio::awaitable<generation> run(weir::text_generation request);
  /// run() for the most common request.
  boost::asio::awaitable<completion> chat(weir::chat request);
  /// run() for a task that is known only at run time; the std::any holds the result_type of the task's class.
  boost::asio::awaitable<std::any> run_any(task_request request);

  /// Submits a request and returns once the provider has accepted it: for callers that show progress.
  template <std::derived_from<task_request> Task>
  boost::asio::awaitable<job<typename Task::result_type>> submit(Task request) {
    return detail::job_as<typename Task::result_type>(submit_any(static_cast<task_request&&>(request)));
  }
  boost::asio::awaitable<job<completion>> submit(weir::chat request);
  boost::asio::awaitable<job<generation>> submit(weir::text_generation request);
  /// submit() as a reply: its events are progress, and result() holds the result after the last one.
  boost::asio::awaitable<reply> submit_any(task_request request);

  /// The request that stream() or chat() would send, without sending it. A model name that only the Hub can map to the
  /// vendor's is left unchanged.
  explained_request explain(const weir::chat& request, bool streamed = true) const;
  explained_request explain(const weir::text_generation& request, bool streamed = true) const;
  explained_request explain(const task_request& request) const;

  /// Connections by state.
  connections pool() const noexcept;
  /// The state of the pool and the policies; to be called on the client's strand. `now`: of the time source that the
  /// calls use.
  inspection inspect(time_point now = std::chrono::steady_clock::now()) const;

  /// Closes idle connections and ends waiting calls; running replies continue.
  void close() noexcept;

  class state;

private:
  std::shared_ptr<state> state_;
};

WEIR_END_NAMESPACE
