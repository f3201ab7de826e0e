#include "tool/waiting_line.hpp"

#include <fmt/format.h>

#include "tool/output/output.hpp"

namespace weir::inline v0::cli {

namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

// What comes sooner needs no line.
constexpr auto at_once = 300ms;
constexpr auto tick = 200ms;

std::string host_of(std::string_view url) {
  const auto begin = url.find("://");
  if (begin == url.npos)
    return {};
  const auto host = url.substr(begin + 3);
  return std::string(host.substr(0, host.find('/')));
}

std::string reason_of(const failure& why) { return why.status() ? std::to_string(why.status()) : why.code().message(); }

// Of a try that failed and is followed by another one: how long its provider asked to wait, as far as it did.
std::string next_try(const attempt& failed, duration since) {
  const auto wait = failed.failure.retry_after().value_or(duration());
  const auto left = std::chrono::ceil<seconds>(failed.begun + failed.ended + wait - since);
  const auto when = left > 0s ? fmt::format("retry in {} s", left.count()) : std::string("retrying");
  return fmt::format("{}: {}", when, reason_of(failed.failure));
}

} // namespace

std::string waiting_for(const call_record& call, duration since) {
  const auto& tries = call.attempts;
  if (tries.empty())
    return "connecting …";
  const auto& last = *tries.back();
  if (last.ended != duration() && last.failure)
    return next_try(last, since);
  if (last.sent == duration() && tries.size() > 1 && tries[tries.size() - 2]->failure)
    return next_try(*tries[tries.size() - 2], since);
  if (last.sent == duration()) {
    const auto host = host_of(last.url);
    return host.empty() ? "connecting …" : fmt::format("connecting to {} …", host);
  }
  const auto waited = std::chrono::floor<seconds>(since).count();
  return fmt::format("waiting for the {} … {} s", call.streamed ? "first token" : "answer", waited);
}

waiting_line::waiting_line(boost::asio::io_context& io, std::shared_ptr<status_line> line, bool verbose)
    : line_(std::move(line)), verbose_(verbose), timer_(io) {}

void waiting_line::call_begun(const call_record& call) noexcept {
  call_ = &call;
  begun_ = clock::now();
  line_->begin();
  if (line_->live())
    tick_after(at_once);
}

void waiting_line::tick_after(clock::duration wait) {
  timer_.expires_after(wait);
  timer_.async_wait([this](error_code ec) {
    if (ec || !call_)
      return;
    if (!starting_)
      line_->suggest(waiting_for(*call_, clock::now() - begun_));
    tick_after(tick);
  });
}

void waiting_line::endpoint_starting(const call_record&, const attempt&, duration waited) noexcept {
  starting_ = true;
  const auto passed = std::chrono::floor<seconds>(waited).count();
  constexpr int seldom = 15;
  const auto text = fmt::format("the endpoint is starting ({} s) …", passed);
  if (line_->live())
    line_->suggest(text);
  else if (verbose_ && passed % seldom == 0)
    say(stderr, "{}\n", text);
}

void waiting_line::endpoint_awaited(const call_record&, const attempt&) noexcept { starting_ = false; }

void waiting_line::call_ended(const call_record&) noexcept {
  call_ = nullptr;
  starting_ = false;
  timer_.cancel();
  line_->end();
}

} // namespace weir::inline v0::cli
