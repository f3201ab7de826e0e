#include <weir/task/reply.hpp>

#include <utility>

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

template <class F>
void tell(F listener) noexcept {
  try {
    listener();
  } catch (...) {
  }
}

} // namespace

reply::reply()
    : source_(std::make_shared<completed_reply>(std::any(), weir::outcome::cancelled,
                                                weir::failure(errc::cancelled, "this reply belongs to no call"),
                                                weir::usage(), std::make_shared<const weir::attempt>())) {}

reply::reply(std::shared_ptr<source> s) noexcept : source_(std::move(s)) {}
reply::reply(reply&&) noexcept = default;

reply& reply::operator=(reply&& other) noexcept {
  if (this != &other) {
    cancel();
    source_ = std::move(other.source_);
  }
  return *this;
}

reply::~reply() { cancel(); }

asio::awaitable<std::optional<event>> reply::next() { return source_->next(); }
asio::awaitable<bool> reply::ready() { return source_->ready(); }

void reply::cancel() noexcept {
  if (source_)
    source_->end_by(errc::cancelled);
}

weir::outcome reply::outcome() const noexcept { return source_->outcome(); }
const weir::failure& reply::failure() const noexcept { return source_->failure(); }
const weir::usage& reply::usage() const noexcept { return source_->usage(); }
const std::string& reply::finish_reason() const noexcept { return source_->finish_reason(); }
const answer_info& reply::info() const noexcept { return source_->info(); }
const weir::attempt& reply::attempt() const noexcept { return source_->attempt(); }
void reply::attach(std::unique_ptr<listener> r) { source_->attach(std::move(r)); }
std::any& reply::result() noexcept { return source_->result(); }

reply::source::~source() = default;

void reply::source::attach(std::unique_ptr<listener> r) {
  if (token_told_)
    tell([&] { r->first_token(*this); });
  if (end_told_)
    tell([&] { r->ended(*this); });
  else
    listeners_.push_back(std::move(r));
}

void reply::source::tell_first_token() noexcept {
  if (std::exchange(token_told_, true))
    return;
  for (const auto& r : listeners_)
    tell([&] { r->first_token(*this); });
}

void reply::source::tell_token(time_point now) noexcept {
  for (const auto& r : listeners_)
    tell([&] { r->token(*this, now); });
}

void reply::source::tell_end() noexcept {
  if (std::exchange(end_told_, true))
    return;
  // Taken out first: a listener may release what owns this.
  const auto listeners = std::exchange(listeners_, {});
  for (const auto& r : listeners)
    tell([&] { r->ended(*this); });
}

completed_reply::completed_reply(std::any result, weir::outcome o, weir::failure f, weir::usage u,
                                 std::shared_ptr<const weir::attempt> record)
    : outcome_(o), failure_(std::move(f)), usage_(std::move(u)), attempt_(std::move(record)) {
  this->result() = std::move(result);
  tell_end();
}

asio::awaitable<std::optional<event>> completed_reply::next() { co_return std::nullopt; }
asio::awaitable<bool> completed_reply::ready() { co_return false; }

asio::awaitable<completion> collect(reply r) {
  completion all;
  try {
    while (auto e = co_await r.next())
      all.add(*e);
  } catch (const error&) {
  } catch (const boost::system::system_error&) {
    // Cancelled between two pieces, where the await itself throws and next() is not reached.
    r.cancel();
  }
  all.outcome = r.outcome();
  all.failure = r.failure();
  all.usage = r.usage();
  all.info = r.info();
  all.attempt = std::make_shared<const attempt>(r.attempt());
  co_return all;
}

} // namespace weir::inline v0
