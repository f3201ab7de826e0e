#include "policy/observe/observe.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>

#include <exception>
#include <utility>

#include <weir/core/executor.hpp>

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

using observers = std::vector<std::shared_ptr<observer>>;

void tell_begin(const observers& all, const call_record& record) noexcept {
  for (const auto& o : all)
    o->call_begun(record);
}

void tell_end(const observers& all, const call_record& record) noexcept {
  for (const auto& o : all) {
    for (const auto& a : record.attempts)
      o->attempt_ended(record, *a);
    o->call_ended(record);
  }
}

class measurement final : public reply::listener {
public:
  measurement(std::shared_ptr<const observers> all, std::shared_ptr<call_record> record, const time_source& time,
              time_point begun)
      : all_(std::move(all)), record_(std::move(record)), time_(time), begun_(begun) {}

  void first_token(const reply::source& from) override {
    // A layer below may have read the token before this listener was attached.
    const auto told = time_.now() - begun_;
    const auto& a = from.attempt();
    const auto read = a.begun + a.first_token;
    record_->first_token = a.first_token > duration() && read < told ? read : told;
  }

  void ended(const reply::source& from) override {
    record_->ended = time_.now() - begun_;
    record_->outcome = from.outcome();
    record_->failure = from.failure();
    record_->usage = from.usage();
    record_->finish_reason = from.finish_reason();
    record_->info = from.info();
    tell_end(*all_, *record_);
  }

private:
  std::shared_ptr<const observers> all_;
  std::shared_ptr<call_record> record_;
  const time_source& time_;
  time_point begun_;
};

// What waits for the call turns its cancellation into the deadline's error only above this layer.
failure failure_in(const scope* where, const std::exception_ptr& thrown) {
  const auto f = failure_of(thrown);
  const bool late = f.code() == errc::cancelled && where && where->reason() == errc::deadline_exceeded;
  return late ? failure(errc::deadline_exceeded, "the deadline was reached") : f;
}

class observe_layer final : public handler {
public:
  observe_layer(std::shared_ptr<const observers> all, handler_ptr inner)
      : all_(std::move(all)), inner_(std::move(inner)) {}

  asio::awaitable<reply> operator()(call& c) override {
    const auto ex = co_await asio::this_coro::executor;
    const auto& time = time_of(ex);
    auto& record = *c.record;
    record.operation = c.op->name();
    record.provider = c.to.provider();
    record.tags = c.op->options().tags();
    record.model = c.to.model();
    record.streamed = c.streamed;
    record.settings = c.op->settings();
    if (const auto* chat = c.op->as_chat())
      record.conversation = chat->conversation();
    record.started = time.wall();
    tell_begin(*all_, record);

    std::exception_ptr thrown;
    try {
      auto answer = co_await (*inner_)(c);
      answer.attach(std::make_unique<measurement>(all_, c.record, time, c.begun));
      co_return answer;
    } catch (...) {
      thrown = std::current_exception();
    }
    const auto where = scope_of(ex);
    record.failure = failure_in(where.get(), thrown);
    record.outcome = outcome_of(record.failure);
    record.ended = time.now() - c.begun;
    tell_end(*all_, record);
    std::rethrow_exception(thrown);
  }

private:
  std::shared_ptr<const observers> all_;
  handler_ptr inner_;
};

class call_function final : public observer {
public:
  explicit call_function(std::function<void(const call_record&)> f) : f_(std::move(f)) {}
  void call_ended(const call_record& record) noexcept override {
    try {
      f_(record);
    } catch (...) {
      // A failing log must not fail the call.
    }
  }

private:
  std::function<void(const call_record&)> f_;
};

class attempt_function final : public observer {
public:
  explicit attempt_function(std::function<void(const call_record&, const attempt&)> f) : f_(std::move(f)) {}
  void attempt_ended(const call_record& record, const attempt& a) noexcept override {
    try {
      f_(record, a);
    } catch (...) {
      // As above.
    }
  }

private:
  std::function<void(const call_record&, const attempt&)> f_;
};

} // namespace

std::shared_ptr<observer> on_call(std::function<void(const call_record&)> f) {
  return std::make_shared<call_function>(std::move(f));
}

std::shared_ptr<observer> on_attempt(std::function<void(const call_record&, const attempt&)> f) {
  return std::make_shared<attempt_function>(std::move(f));
}

layer make_observe(std::vector<std::shared_ptr<observer>> all) {
  auto shared = std::make_shared<const observers>(std::move(all));
  return
      [shared](handler_ptr inner) -> handler_ptr { return std::make_shared<observe_layer>(shared, std::move(inner)); };
}

} // namespace weir::inline v0
