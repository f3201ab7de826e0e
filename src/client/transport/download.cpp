#include "client/transport/download.hpp"

#include <boost/asio/this_coro.hpp>

#include <charconv>

#include <weir/core/executor.hpp>

#include "client/transport/fetch.hpp"
#include "client/transport/limited.hpp"
#include "codec/json/json.hpp"
#include "codec/text/sniff.hpp"
#include "codec/text/utf8.hpp"
#include "provider/chat/dialect_decode.hpp"
#include "provider/response/in_band_error.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

constexpr int max_redirects = 5;
constexpr auto head_wait = std::chrono::seconds(30);
// Of a file's beginning, to tell what it is; of a page, to find its title.
constexpr std::size_t looked_at = 1024;
constexpr std::size_t most_of_page = 64u << 10;
constexpr std::size_t longest_title = 100;
constexpr auto usual_gap = std::chrono::seconds(60);

std::optional<std::uint64_t> length_of(const http::response_head& head) {
  const auto text = head.headers.get("content-length");
  std::uint64_t n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || ec != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return n;
}

// In an object that speaks of an error, and of nothing else.
std::optional<provider::remote_error> error_in(const std::string& text) {
  error_code ec;
  const auto parsed = codec::parse_answer(text, ec);
  codec::document seen;
  seen.assign(parsed);
  if (ec || !parsed.is_object() || provider::alarm_in(seen.root()) == provider::alarm::none)
    return std::nullopt;
  return provider::words_of(parsed, text);
}

} // namespace

download::download(std::shared_ptr<transport> via, std::string url, std::uint64_t limit)
    : via_(std::move(via)), url_(std::move(url)), limit_(limit) {}

// A signed URL is a credential: its query stays out of messages.
std::string download::message(std::string_view what) const {
  return "the file at " + url_.substr(0, url_.find('?')) + ' ' + std::string(what);
}

error download::too_large() const {
  return error(errc::response_too_large, message("is larger than the limit of " + std::to_string(limit_) + " bytes"));
}

asio::awaitable<open_call_ptr> download::get(http::redirects& place) {
  try {
    head_limit each(head_wait, message("did not begin to arrive in time"));
    auto getting = weir::get(via_, provider::route(), place, "*/*", limit_, std::move(each));
    co_return co_await std::move(getting);
  } catch (const error& e) {
    if (e.code() != errc::response_too_large)
      throw;
  }
  throw too_large();
}

asio::awaitable<void> download::open() {
  http::redirects place(http::parse_url(url_), max_redirects, http::redirects::reach::any_secure);
  call_ = co_await get(place);
  if (call_->head.status / 100 != 2) {
    const int status = call_->head.status;
    call_.reset();
    const auto code = status == 429 ? errc::rate_limited : status >= 500 ? errc::server_error : errc::not_found;
    throw error(failure(code, message("is not available (status " + std::to_string(status) + ")")).status(status));
  }
  total_ = length_of(call_->head);
  content_type_ = call_->head.headers.get("content-type");
  co_await refuse_page();
  co_await refuse_error();
  if (content_type_ == "application/octet-stream" || content_type_ == "binary/octet-stream")
    content_type_.clear();
}

// Refuses an HTML page, such as a login, a gateway's, or an error with a status of success: recognized by its bytes,
// whatever its content type.
asio::awaitable<void> download::refuse_page() {
  while (start_.size() < looked_at && !ended_)
    start_ += co_await read();
  if (!content_type_.starts_with("text/html") && codec::sniff(start_) != codec::content::page)
    co_return;
  auto title = codec::title_of(start_);
  while (title.empty() && start_.size() < most_of_page && !ended_) {
    start_ += co_await read();
    title = codec::title_of(start_);
  }
  title.resize(codec::valid_utf8_prefix(title.substr(0, longest_title)));
  throw error(errc::unexpected_content, message("is a page of HTML" + (title.empty() ? "" : ", \"" + title + '"') +
                                                ": a login or a gateway in between?"));
}

// An error that calls itself a success: an object of JSON that speaks of one, and of nothing else.
asio::awaitable<void> download::refuse_error() {
  if (!start_.starts_with('{'))
    co_return;
  while (start_.size() < most_of_page && !ended_)
    start_ += co_await read();
  const auto said = error_in(start_);
  if (!said)
    co_return;
  failure f(errc::unexpected_content, message("is an error message, not a file"));
  f.remote(provider::sanitize(said->message)).remote_code(provider::sanitize(said->code, 128));
  throw error(std::move(f));
}

asio::awaitable<std::string_view> download::next() {
  if (!std::exchange(begun_, true) && !start_.empty())
    co_return start_;
  co_return co_await read();
}

asio::awaitable<std::string_view> download::read() {
  if (ended_)
    co_return std::string_view();
  const auto given = via_->limits().inter_token;
  const auto gap = given > duration() ? given : usual_gap;
  std::string_view piece;
  failure why;
  try {
    auto reading = call_->exchange->read_some_body();
    piece = co_await limited(gap, std::move(reading), errc::stalled, message("stalled"));
  } catch (const error& e) {
    if (e.code() != errc::connection_lost && e.code() != errc::response_too_large)
      throw;
    why = e.code() == errc::response_too_large
              ? too_large().failure()
              : failure(errc::truncated, message("broke off after " + std::to_string(received_) + " bytes"));
  }
  if (why)
    throw error(why);
  received_ += piece.size();
  ended_ = piece.empty();
  if (ended_)
    call_->release();
  co_return piece;
}

asio::awaitable<media> fetch_media(std::shared_ptr<transport> via, std::string url, std::uint64_t limit) {
  download file(std::move(via), url, limit);
  co_await file.open();
  std::string bytes;
  for (;;) {
    const auto piece = co_await file.next();
    if (piece.empty())
      break;
    bytes += piece;
  }
  // The bytes are more reliable than the server's content type.
  media m(std::move(bytes));
  if (m.content_type.empty())
    m.content_type = file.content_type();
  const auto path = http::parse_url(url).target;
  const auto name = path.substr(0, path.find('?'));
  m.name = name.substr(name.rfind('/') + 1);
  co_return m;
}

} // namespace weir::inline v0
