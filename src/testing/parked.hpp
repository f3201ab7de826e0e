// A completion handler that waits for its event, with the work it keeps outstanding.
#pragma once

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <cstdint>
#include <map>
#include <utility>

#include <weir/core/error.hpp>

namespace weir::inline v0::testing {

class parked {
public:
  using handler_type = boost::asio::any_completion_handler<void(error_code)>;

  parked(const boost::asio::any_io_executor& ex, handler_type h)
      : handler_(std::move(h)), executor_(boost::asio::prefer(ex, boost::asio::execution::outstanding_work.tracked)),
        work_(boost::asio::prefer(boost::asio::get_associated_executor(handler_, ex),
                                  boost::asio::execution::outstanding_work.tracked)) {}

  boost::asio::cancellation_slot slot() const noexcept {
    return boost::asio::get_associated_cancellation_slot(handler_);
  }

  /// Posts the handler; to be called once. Its slot stays connected until it runs, as a socket's does.
  void complete(error_code ec) { boost::asio::post(executor_, boost::asio::append(std::move(handler_), ec)); }

private:
  handler_type handler_;
  boost::asio::any_io_executor executor_;
  boost::asio::any_completion_executor work_;
};

/// Where a context keeps waits that are not in its own queue. A wait's frame often owns the object waited on: the
/// context's shutdown, which destroys the waits, breaks that cycle.
class parking final : public boost::asio::execution_context::service {
public:
  using key_type = parking;
  static inline boost::asio::execution_context::id id;

  explicit parking(boost::asio::execution_context& context) : boost::asio::execution_context::service(context) {}

  std::uint64_t add(parked wait) {
    waits_.emplace(++last_, std::move(wait));
    return last_;
  }
  void complete(std::uint64_t ticket, error_code ec) {
    if (auto node = waits_.extract(ticket); !node.empty())
      node.mapped().complete(ec);
  }

private:
  void shutdown() override { const auto dropped = std::exchange(waits_, {}); }

  std::map<std::uint64_t, parked> waits_;
  std::uint64_t last_ = 0;
};

} // namespace weir::inline v0::testing
