#include <weir/client/run_tools.hpp>

#include <boost/asio/this_coro.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <weir/core/executor.hpp>
#include <weir/core/group.hpp>
#include <weir/core/within.hpp>

#include "client/transport/limited.hpp"
#include "core/failure/failure_of.hpp"
#include "task/usage_sum.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// What became of one call.
class call_result {
public:
  call_result() = default;
  std::string text = "Error: it was not finished";
  failure why;
  bool models_fault = false;
};

// One run of the loop. Held by its coroutine and those of the tools; what it has when they end is the caller's.
class looping {
public:
  looping(client& c, chat ask, const tool_set& tools, tool_loop how) : client_(c), tools_(tools), how_(std::move(how)) {
    done.conversation = std::move(ask);
    for (const auto& t : tools_.all())
      done.conversation.tool(t.declaration());
  }

  static asio::awaitable<void> run(std::shared_ptr<looping> self) {
    auto& d = self->done;
    for (d.rounds = 1;; ++d.rounds) {
      const auto more = co_await self->answer();
      if (!more)
        co_return;
      if (d.last.outcome != outcome::complete) {
        self->refuse_calls();
        co_return;
      }
      co_await self->call_tools(self);
      if (d.failure)
        co_return;
      if (d.rounds >= self->how_.rounds()) {
        d.failure = failure(errc::too_many_rounds, "the model still calls tools after " + std::to_string(d.rounds) +
                                                       " rounds: see tool_loop::rounds()");
        co_return;
      }
    }
  }

  tool_run done;

private:
  // One answer of the model. \returns whether it has calls.
  asio::awaitable<bool> answer() {
    const auto& clock = time_of(co_await asio::this_coro::executor);
    tell(tool_step::kind::request);
    const auto begin = clock.now();
    if (how_.on_event())
      co_await stream_answer();
    else
      done.last = co_await client_.chat(done.conversation);
    done.usage = sum(done.usage, done.last.usage);
    auto& calls = done.last.choices.front().tool_calls;
    // Results are matched by id, which some servers leave out.
    for (std::size_t i = 0; i < calls.size(); ++i)
      if (calls[i].id.empty())
        calls[i].id = "call_" + std::to_string(done.rounds) + '_' + std::to_string(i);
    // What is no JSON could not be sent back to every API.
    auto said = done.last;
    for (auto& c : said.choices.front().tool_calls)
      if (!is_blank(c.arguments) && !any_object_.check(c.arguments).empty())
        c.arguments = "{}";
    done.conversation.add(message(said));
    if (how_.observe()) {
      auto step = at(tool_step::kind::answer);
      step.answer = done.last;
      step.took = clock.now() - begin;
      how_.observe()(step);
    }
    co_return !calls.empty();
  }

  // What arrived is kept if the stream breaks off.
  asio::awaitable<void> stream_answer() {
    done.last = completion();
    auto r = co_await client_.stream(done.conversation);
    std::exception_ptr failed;
    try {
      for (;;) {
        const auto e = co_await r.next();
        if (!e)
          break;
        done.last.add(*e);
        how_.on_event()(*e);
      }
    } catch (...) {
      failed = std::current_exception();
    }
    done.last.outcome = r.outcome();
    done.last.usage = r.usage();
    done.last.info = r.info();
    done.last.failure = r.failure();
    if (!failed)
      co_return;
    done.usage = sum(done.usage, done.last.usage);
    std::rethrow_exception(failed);
  }

  // Calls of an answer that was cut off may be cut off themselves.
  void refuse_calls() {
    for (const auto& c : done.last.tool_calls())
      done.conversation.add(message::tool(c.id, "Error: not run, since the answer was cut off"));
    done.failure = failure(errc::truncated, "an answer with calls of tools was cut off (" +
                                                std::string(name_of(done.last.outcome)) +
                                                "), so they were not run: allow more tokens");
  }

  asio::awaitable<void> call_tools(std::shared_ptr<looping> self) {
    const auto& calls = done.last.tool_calls();
    results_.assign(calls.size(), call_result());
    group running(how_.parallel());
    for (std::size_t i = 0; i < calls.size(); ++i)
      running.spawn(call(self, i));
    std::exception_ptr ended;
    try {
      co_await running.join();
    } catch (...) {
      ended = std::current_exception();
    }
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const auto& r = results_[i];
      done.conversation.add(message::tool(calls[i].id, r.text));
      if (r.why && !r.models_fault && how_.errors() == tool_loop::on_error::stop && !done.failure)
        done.failure = failure(errc::tool_failed, "tool " + calls[i].name + ": " + r.why.describe());
    }
    if (ended)
      std::rethrow_exception(ended);
  }

  static asio::awaitable<void> call(std::shared_ptr<looping> self, std::size_t index) {
    const auto ex = co_await asio::this_coro::executor;
    const auto& clock = time_of(ex);
    const auto wanted = self->done.last.tool_calls()[index];
    auto& r = self->results_[index];
    if (self->how_.observe()) {
      auto step = self->at(tool_step::kind::call);
      step.call = wanted;
      self->how_.observe()(step);
    }
    const auto begin = clock.now();
    std::exception_ptr failed;
    try {
      r = co_await self->result_of(wanted);
    } catch (...) {
      failed = std::current_exception();
    }
    if (failed) {
      // The loop's own end is not the tool's.
      if (scope_of(ex)->cancelled())
        std::rethrow_exception(failed);
      r.why = failure_of_callback(failed);
    }
    if (r.why)
      r.text = "Error: " + r.why.describe();
    if (r.why && r.text.size() > self->how_.max_result())
      r.text = "Error: " + r.why.code().message();
    if (self->how_.observe()) {
      auto step = self->at(tool_step::kind::result);
      step.call = wanted;
      step.result = r.text;
      step.failure = r.why;
      step.took = clock.now() - begin;
      self->how_.observe()(step);
    }
  }

  asio::awaitable<call_result> result_of(tool_call wanted) {
    call_result r;
    r.text.clear();
    const auto* t = tools_.find(wanted.name);
    r.models_fault = true;
    if (!t) {
      r.why = failure(errc::invalid_argument, "there is no tool named \"" + wanted.name + "\"" + known_names());
      co_return r;
    }
    if (is_blank(wanted.arguments))
      wanted.arguments = "{}";
    if (const auto problem = t->check(wanted.arguments); !problem.empty()) {
      r.why = failure(errc::invalid_argument, "the arguments do not fit: " + problem);
      co_return r;
    }
    r.models_fault = false;
    auto running = t->run(wanted.arguments);
    r.text = co_await limited(how_.tool_timeout(), std::move(running), errc::tool_failed,
                              "did not end in time: see tool_loop::tool_timeout()");
    if (r.text.size() > how_.max_result()) {
      r.why = failure(errc::tool_failed, "the result has " + std::to_string(r.text.size()) + " bytes, more than the " +
                                             std::to_string(how_.max_result()) + " that are allowed");
      r.text.clear();
    }
    co_return r;
  }

  static bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\r\n") == std::string::npos; }

  std::string known_names() const {
    std::string all;
    for (const auto& t : tools_.all())
      all.append(all.empty() ? "; the tools are " : ", ").append(t.declaration().name());
    return all;
  }

  tool_step at(tool_step::kind k) const {
    tool_step step;
    step.at = k;
    step.round = done.rounds;
    return step;
  }
  void tell(tool_step::kind k) const {
    if (how_.observe())
      how_.observe()(at(k));
  }

  client& client_;
  const tool_set& tools_;
  const tool_loop how_;
  const schema any_object_{R"({"type":"object"})"};
  std::vector<call_result> results_;
};

asio::awaitable<tool_run> start(std::shared_ptr<looping> l, tool_loop how) {
  const auto ex = co_await asio::this_coro::executor;
  std::exception_ptr failed;
  try {
    if (how.rounds() == 0 || how.parallel() == 0 || how.tool_timeout() < duration() || how.deadline() < duration())
      throw error(errc::invalid_argument,
                  "tool_loop: rounds and parallel must be at least 1, and no limit may be negative");
    auto running = looping::run(l);
    if (how.deadline() > duration())
      co_await within(how.deadline(), std::move(running));
    else
      co_await std::move(running);
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed) {
    const auto state = co_await asio::this_coro::cancellation_state;
    const bool cancelled = state.cancelled() != asio::cancellation_type::none;
    auto why = failure_of_callback(failed);
    if (cancelled || scope_of(ex)->cancelled())
      std::rethrow_exception(failed);
    l->done.failure = std::move(why);
  }
  co_return std::move(l->done);
}

} // namespace

const completion& tool_run::answer() const {
  if (failure)
    throw error(failure);
  return last;
}

asio::awaitable<tool_run> run_tools(client& c, chat ask, const tool_set& tools, tool_loop how) {
  auto l = std::make_shared<looping>(c, std::move(ask), tools, how);
  return start(std::move(l), std::move(how));
}

} // namespace weir::inline v0
