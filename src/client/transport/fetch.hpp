// What is made of an answer's head: a body, a redirect to follow, or the failure that it stands for.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "client/transport/transport.hpp"
#include "http/message/redirect.hpp"

namespace weir::inline v0 {

/// What a body without events may be: it is held in memory whole, and may be large (logprobs, tool
/// calls).
inline constexpr std::size_t plain_body_limit = 64u << 20;

/// How much of an answer that cannot be read is looked at for a message: enough for a page's title.
inline constexpr std::size_t shown_of_answer = 8u << 10;

/// The call, if its head is a success (2xx).
/// \throws weir::error with the failure that any other head stands for.
boost::asio::awaitable<open_call_ptr> accepted(open_call_ptr call);

/// The failure that a head with a status other than 2xx stands for.
boost::asio::awaitable<failure> refusal(open_call_ptr call);

/// Reads the rest of a body, of which at most `keep` bytes are kept, and releases the connection.
/// How much may come at all is up to the exchange's limits.
boost::asio::awaitable<std::string> read_body(open_call& call, std::size_t keep);

/// How long each response to a GET may take to begin, and what is said of one that does not (errc::stalled).
struct head_limit {
  head_limit() = default;
  head_limit(duration wait, std::string message) : wait(wait), message(std::move(message)) {}
  duration wait{}; // zero: no limit
  std::string message;
};

/// A GET at `place`, whose redirects are followed as far as its policy goes: the response that is none. `to.auth` is
/// for the first origin alone. `place` must outlive the wait. `limit`: of the body, in bytes.
boost::asio::awaitable<open_call_ptr> get(std::shared_ptr<transport> via, provider::route to, http::redirects& place,
                                          std::string accept, std::uint64_t limit, head_limit each);

/// Tells the server how long it may hold a request while it is starting: Hugging Face's endpoints answer
/// 503 at once otherwise. A stream's first-token limit keeps half of its time for the answer.
void allow_hold(http::request& request, duration hold, duration first_token);

} // namespace weir::inline v0
