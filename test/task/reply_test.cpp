// When the listeners of a reply are notified.
#include <doctest/doctest.h>

#include <weir/task/reply.hpp>

#include <string>
#include <vector>

using weir::errc;
using weir::reply;

namespace {

class still final : public reply::source {
public:
  boost::asio::awaitable<std::optional<weir::event>> next() override { co_return std::nullopt; }
  boost::asio::awaitable<bool> ready() override { co_return false; }
  void end_by(errc) noexcept override { tell_end(); }
  void token() { tell_first_token(); }
  weir::outcome outcome() const noexcept override { return weir::outcome::cancelled; }
  const weir::failure& failure() const noexcept override { return failure_; }
  const weir::usage& usage() const noexcept override { return usage_; }
  const std::string& finish_reason() const noexcept override { return reason_; }
  const weir::answer_info& info() const noexcept override { return info_; }
  const weir::attempt& attempt() const noexcept override { return attempt_; }

private:
  weir::failure failure_;
  weir::usage usage_;
  std::string reason_;
  weir::answer_info info_;
  weir::attempt attempt_;
};

class noting final : public reply::listener {
public:
  explicit noting(std::vector<std::string>& log, std::string name) : log_(log), name_(std::move(name)) {}
  ~noting() override { log_.push_back(name_ + " gone"); }
  void first_token(const reply::source&) noexcept override { log_.push_back(name_ + " token"); }
  void ended(const reply::source&) noexcept override { log_.push_back(name_ + " ended"); }

private:
  std::vector<std::string>& log_;
  std::string name_;
};

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("listeners are notified of the first token and of the end once, innermost first, and then destroyed") {
  lines log;
  auto source = std::make_shared<still>();
  reply r(source);
  r.attach(std::make_unique<noting>(log, "a"));
  r.attach(std::make_unique<noting>(log, "b"));
  source->token();
  source->token();
  CHECK(log == lines{"a token", "b token"});
  log.clear();
  r.cancel();
  r.cancel();
  CHECK(log == lines{"a ended", "b ended", "a gone", "b gone"});
}

TEST_CASE("a listener that is attached late is notified at once of what it missed") {
  lines log;
  auto source = std::make_shared<still>();
  reply r(source);
  source->token();
  r.attach(std::make_unique<noting>(log, "a"));
  CHECK(log == lines{"a token"});
  r.cancel();
  log.clear();
  r.attach(std::make_unique<noting>(log, "b"));
  CHECK(log == lines{"b token", "b ended", "b gone"});
}

TEST_CASE("a listener on an answer that has ended is notified at once; dropping the reply does not notify it again") {
  lines log;
  {
    reply r(std::make_shared<weir::completed_reply>(std::any(7), weir::outcome::complete, weir::failure(),
                                                    weir::usage(), std::make_shared<weir::attempt>()));
    r.attach(std::make_unique<noting>(log, "a"));
    CHECK(std::any_cast<int>(r.result()) == 7);
  }
  CHECK(log == lines{"a ended", "a gone"});
}

TEST_CASE("a listener whose reply never ended is not notified") {
  lines log;
  {
    auto source = std::make_shared<still>();
    reply r(source);
    r.attach(std::make_unique<noting>(log, "a"));
    CHECK(r.release() == source);
  }
  CHECK(log == lines{"a gone"});
}
