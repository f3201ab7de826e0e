// The requests of a part, from the machine's words to HTTP and back.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>

#include "batch/provider/dialect.hpp"
#include "batch/provider/part_core.hpp"
#include "batch/provider/part_files.hpp"
#include "client/direct/direct_http.hpp"

namespace weir::inline v0::vendor_batch {

/// Sends one request. A receiver gets the body of a 2xx response piece by piece.
/// Errors: as direct_http::send(), in the result; a deadline or cancellation of the caller's is thrown.
using transport_function =
    std::function<boost::asio::awaitable<direct_result>(http::request r, direct_http::receiver into)>;

/// The requests of one part. Object lifetimes: dialect, folder and transport must outlive its awaitables.
/// Thread safety: none; one strand.
class provider_exchange {
public:
  provider_exchange(const dialect& by, part_folder& in, transport_function send)
      : by_(by), folder_(in), send_(std::move(send)) {}

  /// What came of a request of `core`'s. An error of the file system is thrown: errc::not_saved.
  boost::asio::awaitable<part_answer> perform(const part_core& core, part_request r, std::chrono::hours window);

private:
  using requests = std::vector<http::request>;
  boost::asio::awaitable<part_answer> upload(submission s);
  boost::asio::awaitable<part_answer> read(const part_core& core, result_place from, bool probe);
  boost::asio::awaitable<part_answer> remove(requests all);
  boost::asio::awaitable<part_answer> ask(http::request r, part_request::kind k, std::string argument);

  const dialect& by_;
  part_folder& folder_;
  transport_function send_;
};

} // namespace weir::inline v0::vendor_batch
