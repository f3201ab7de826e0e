#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

#include "http/h2/exchange.hpp"

namespace weir::inline v0::http::h2 {

namespace asio = boost::asio;

asio::awaitable<response_head> exchange::send(std::shared_ptr<const request> r) {
  on_->open(*transfer_, std::move(r));
  while (!transfer_->has_head()) {
    if (transfer_->has_failed())
      failed();
    start_wait start(*this);
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void(error_code)>(std::move(start),
                                                                                   asio::use_awaitable);
  }
  co_return transfer_->take_head();
}

std::optional<std::string_view> exchange::try_body() {
  const auto piece = on_->take(*transfer_);
  if (!piece && transfer_->has_failed())
    failed();
  given_ = piece && piece->empty();
  taken_ += piece ? piece->size() : 0;
  return piece;
}

void exchange::begin_wait(wait_handler handler) {
  ration_.renew(taken_);
  on_->wait(*transfer_, std::move(handler));
}

void exchange::failed() const {
  const auto& t = *transfer_;
  if (t.failure() != errc::connection_lost)
    throw error(refusal_of(make_error_code(t.failure()), t.problem(), t.coding(), t.status()));
  const char* how_far = t.status() != 0  ? "the response broke off: "
                        : request_sent() ? "no response began: "
                                         : "the request was not sent: ";
  throw error(failure(errc::connection_lost, how_far + t.problem()).status(t.status()));
}

} // namespace weir::inline v0::http::h2
