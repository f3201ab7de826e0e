// A request of any task, with its protocol: what the wire asks of a question.
#pragma once

#include <memory>
#include <string_view>

#include <weir/policy/handler.hpp>
#include <weir/task/request.hpp>

#include "http/message/types.hpp"
#include "provider/dialect.hpp"

namespace weir {

/// Every question inside a client is one of these. Thread safety: immutable.
class http_operation : public operation {
public:
  virtual provider::task what() const noexcept = 0;
  /// Whether what the provider sends is kept as it came.
  virtual bool keeps_raw() const noexcept = 0;
  http::request request(const provider::route& to, bool stream) const {
    auto r = encode(to, stream);
    if (!r.headers.has("accept"))
      r.headers.add("accept", stream ? "text/event-stream" : "application/json");
    return r;
  }
  /// The request of a task that is neither chat nor text generation, else nullptr: only those have a course of
  /// their own (provider::start_task()), and the two functions below are for the others.
  virtual std::shared_ptr<const task_request> task() const noexcept { return nullptr; }
  virtual std::unique_ptr<provider::decoder> decoder(const provider::route& to) const = 0;
  /// The answer to a call that was not streamed.
  /// \throws weir::error if the body is none.
  virtual std::shared_ptr<completed_reply> decode(const provider::route& to, const http::response_head& head,
                                                  std::string_view body,
                                                  std::shared_ptr<const attempt> record) const = 0;

private:
  virtual http::request encode(const provider::route& to, bool stream) const = 0;
};

std::shared_ptr<const http_operation> make_chat_operation(chat ask);
std::shared_ptr<const http_operation> make_generation_operation(text_generation ask);
std::shared_ptr<const http_operation> make_task_operation(task_request ask);

} // namespace weir
