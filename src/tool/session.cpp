#include "tool/session.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/this_coro.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "tool/exit_code.hpp"
#include "tool/output/failure_words.hpp"
#include "tool/output/output.hpp"
#include "tool/signals.hpp"
#include "tool/waiting_line.hpp"

namespace weir::inline v0::cli {

namespace asio = boost::asio;

namespace {

constexpr auto cancelling = std::chrono::seconds(2);

std::string words_of_signal() {
  switch (signals::received()) {
  case SIGTERM: return "terminated";
  case SIGHUP: return "hung up";
  default: return "interrupted";
  }
}

int code_after_signal(int code) {
  return code == exit_code::interrupted && signals::received() ? 128 + signals::received() : code;
}

} // namespace

int report(const output_error& e) {
  if (e.reader_left())
    return exit_code::reader_left;
  // A terminal that hangs up cannot be written to either.
  if (signals::received() == SIGHUP)
    return exit_code::hung_up;
  say(stderr, "weir: {}\n", e.what());
  return exit_code::broken_off;
}

int report(const failure& f) {
  say(stderr, "weir: {}\n", f.code() == errc::cancelled ? words_of_signal() : one_line(describe(f)));
  return code_after_signal(code_of(f));
}

int report(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const output_error& e) {
    return report(e);
  } catch (...) {
    return report(failure_of(std::current_exception()));
  }
}

namespace {

int result_of(const common_options& given, int code, const std::exception_ptr& failed) {
  if (!failed)
    return code_after_signal(code);
  failure why;
  try {
    std::rethrow_exception(failed);
  } catch (const output_error& e) {
    return report(e);
  } catch (...) {
    why = failure_of(std::current_exception());
  }
  printer(given.json, given.verbose, given.quiet).on_failure(why);
  return report(why);
}

} // namespace

asio::awaitable<shown> show_answer(asio::awaitable<reply> opening, const last_call& last, printer out) {
  out.use(last.status());
  shown result;
  std::optional<reply> answer;
  failure failed;
  try {
    answer.emplace(co_await std::move(opening));
    while (auto event = co_await answer->next()) {
      result.answer.add(*event);
      out.on_event(*event, last.elapsed());
    }
  } catch (const output_error&) {
    result.unwritable = std::current_exception();
    co_return result;
  } catch (...) {
    failed = failure_of(std::current_exception());
  }
  if (!answer) {
    out.on_failure(last.record());
    result.code = report(failed);
    co_return result;
  }
  answer->cancel();
  try {
    out.use_cost(last.cost());
    out.on_end(last.record());
  } catch (const output_error&) {
    result.unwritable = std::current_exception();
    co_return result;
  }
  // The response was complete, but its end could not be printed.
  if (failed && !answer->failure()) {
    result.code = report(failed);
    co_return result;
  }
  if (answer->failure())
    report(answer->failure());
  result.code = code_of(answer->outcome(), answer->failure());
  co_return result;
}

asio::awaitable<shown> show_answer(asio::awaitable<completion> call, const last_call& last, printer out) {
  out.use(last.status());
  shown result;
  failure failed;
  try {
    result.answer = co_await std::move(call);
  } catch (...) {
    failed = failure_of(std::current_exception());
  }
  if (failed) {
    out.on_failure(last.record());
    result.code = report(failed);
    co_return result;
  }
  try {
    out.use_cost(last.cost());
    out.on_completion(result.answer, last.record());
  } catch (const output_error&) {
    result.unwritable = std::current_exception();
    co_return result;
  }
  if (result.answer.failure)
    report(result.answer.failure);
  result.code = code_of(result.answer.outcome, result.answer.failure);
  co_return result;
}

asio::awaitable<int> show(asio::awaitable<reply> opening, const last_call& last, printer out) {
  const auto result = co_await show_answer(std::move(opening), last, std::move(out));
  if (result.unwritable)
    std::rethrow_exception(result.unwritable);
  co_return result.code;
}

asio::awaitable<int> show_whole(asio::awaitable<completion> call, const last_call& last, printer out) {
  const auto result = co_await show_answer(std::move(call), last, std::move(out));
  if (result.unwritable)
    std::rethrow_exception(result.unwritable);
  co_return result.code;
}

// What all attempts cost together, in place of what the provider reports of the last one.
void last_call::call_ended(const call_record& call) noexcept {
  record_ = call;
  const auto found = spent_.cost.find("USD");
  if (spent_.unpriced == 0 && spent_.cost.size() == 1 && found != spent_.cost.end())
    record_.usage.cost = found->second.to_double();
}

session::session(const common_options& given)
    : last_(std::make_shared<last_call>(std::make_shared<status_line>(!given.quiet))) {
  auto loaded = given.read();
  if (given.verbose) {
    for (const auto& file : given.config_files())
      say(stderr, "settings from {}\n", file);
    tell_unset_keys(loaded);
  }
  auto settings = std::move(loaded.settings).observe(last_);
  last_->lists(settings.prices() != nullptr);
  const auto of_call = on_entry([last = last_](const ledger_entry& e) { last->entered(e); });
  settings.ledger(settings.ledger() ? ledgers({settings.ledger(), of_call}) : of_call);
  if (!given.quiet)
    settings.observe(std::make_shared<waiting_line>(io_, last_->status(), given.verbose));
  client_.emplace(std::move(settings));
}

int session::run(const body& call) {
  asio::cancellation_signal stop;
  asio::posix::stream_descriptor signalled(io_, ::dup(signals::descriptor()));
  signalled.async_wait(asio::posix::stream_descriptor::wait_read, [&](error_code ec) {
    if (!ec)
      stop.emit(asio::cancellation_type::terminal);
  });
  int code = 0;
  std::exception_ptr failed;
  asio::co_spawn(io_, call(*client_, *last_),
                 asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, int result) {
                   failed = e;
                   code = result;
                   signalled.close();
                   io_.stop();
                 }));
  io_.restart();
  io_.run();
  io_.restart();
  io_.poll();
  if (failed)
    std::rethrow_exception(failed);
  return code;
}

bool session::close() {
  client_->close();
  io_.restart();
  io_.poll();
  const auto limit = std::chrono::steady_clock::now() + cancelling;
  while (client_->pool().leased + client_->pool().connecting > 0 && std::chrono::steady_clock::now() < limit)
    io_.run_one_for(std::chrono::milliseconds(50));
  return io_.stopped();
}

int run_conversation(const common_options& given, const std::function<int(session&)>& talk) {
  signals::watch();
  std::optional<session> with;
  int code = 0;
  std::exception_ptr failed;
  try {
    with.emplace(given);
    code = talk(*with);
  } catch (...) {
    failed = std::current_exception();
  }
  if (with && !with->close()) {
    // The system's resolver cannot be interrupted, and the context's destructor waits for it.
    code = result_of(given, code, failed);
    std::fflush(nullptr);
    std::_Exit(code);
  }
  with.reset();
  return result_of(given, code, failed);
}

int run_session(const common_options& given, const session::body& call) {
  return run_conversation(given, [&call](session& s) { return s.run(call); });
}

} // namespace weir::inline v0::cli
