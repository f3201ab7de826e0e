// The operations of a client: requests of any task, with how each is sent.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string_view>
#include <utility>

#include <weir/policy/handler.hpp>
#include <weir/task/request.hpp>

#include "client/call/request_bounds.hpp"
#include "http/message/types.hpp"
#include "provider/dialect.hpp"

namespace weir::inline v0 {

class answer_operation;
class job_operation;

/// The ways of sending an operation: what an attempt does for each of them.
/// Lifetimes: the operation and the call must outlive the wait.
class ways_to_send {
public:
  virtual ~ways_to_send() = default;
  virtual boost::asio::awaitable<std::shared_ptr<reply::source>> send(const answer_operation& op, call& c,
                                                                      provider::route_ptr to, time_point begin) = 0;
  virtual boost::asio::awaitable<std::shared_ptr<reply::source>> send(const job_operation& op, call& c,
                                                                      provider::route_ptr to, time_point begin) = 0;
};

/// Every operation of a call is one of these. Thread safety: immutable.
class http_operation : public bounded_operation {
public:
  explicit http_operation(request_estimate e) : estimate_(std::move(e)) {}
  token_estimate tokens() const final { return estimate_.likely; }
  const request_bound& bound() const noexcept final { return estimate_.bound; }
  virtual provider::task what() const noexcept = 0;
  /// Whether what the provider sends is kept as it came.
  virtual bool keeps_raw() const noexcept = 0;
  std::shared_ptr<http::request> request(const provider::route& to, bool stream) const {
    auto r = std::make_shared<http::request>(encode(to, stream));
    if (!r->headers.has("accept"))
      r->headers.add("accept", stream ? "text/event-stream" : "application/json");
    return r;
  }
  /// Makes one attempt, in the way that this operation needs.
  virtual boost::asio::awaitable<std::shared_ptr<reply::source>> send(ways_to_send& by, call& c, provider::route_ptr to,
                                                                      time_point begin) const = 0;

private:
  virtual http::request encode(const provider::route& to, bool stream) const = 0;

  const request_estimate estimate_;
};

/// Chat and text generation: one answer, streamed or in one piece.
class answer_operation : public http_operation {
public:
  using http_operation::http_operation;
  virtual std::unique_ptr<provider::decoder> decoder(const provider::route& to) const = 0;
  /// The answer to a call that was not streamed.
  /// \throws weir::error if the body is none.
  virtual std::shared_ptr<completed_reply> decode(const provider::route& to, const http::response_head& head,
                                                  std::string_view body,
                                                  std::shared_ptr<const attempt> record) const = 0;
  boost::asio::awaitable<std::shared_ptr<reply::source>> send(ways_to_send& by, call& c, provider::route_ptr to,
                                                              time_point begin) const final {
    return by.send(*this, c, std::move(to), begin);
  }
};

/// Every other task: an answer in one piece, or a job with polls and downloads (provider::start_task()).
class job_operation : public http_operation {
public:
  using http_operation::http_operation;
  virtual std::shared_ptr<const task_request> task() const noexcept = 0;
  boost::asio::awaitable<std::shared_ptr<reply::source>> send(ways_to_send& by, call& c, provider::route_ptr to,
                                                              time_point begin) const final {
    return by.send(*this, c, std::move(to), begin);
  }
};

std::shared_ptr<const http_operation> make_chat_operation(chat ask);
std::shared_ptr<const http_operation> make_generation_operation(text_generation ask);
std::shared_ptr<const http_operation> make_task_operation(task_request ask);

} // namespace weir::inline v0
