#include "core/failure/failure_of.hpp"

#include <boost/asio/error.hpp>

#include <new>

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// A callback's exception may carry a whole response.
std::string excerpt(std::string_view text) {
  constexpr std::size_t most = 1024;
  if (text.size() <= most)
    return std::string(text);
  auto cut = most;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80)
    --cut;
  return std::string(text.substr(0, cut)) + "…";
}

} // namespace

failure failure_of(const std::exception_ptr& why) {
  if (!why)
    return failure();
  try {
    std::rethrow_exception(why);
  } catch (const error& e) {
    return e.failure() ? e.failure() : failure(errc::unexpected, "an error without a code");
  } catch (const boost::system::system_error& e) {
    if (!e.code())
      return failure(errc::unexpected, "unexpected exception: " + excerpt(e.what()));
    return e.code() == asio::error::operation_aborted ? failure(errc::cancelled, "cancelled")
                                                      : failure(e.code(), e.code().message());
  } catch (const std::bad_alloc&) {
    return failure(errc::out_of_resources, "out of memory");
  } catch (const std::exception& e) {
    return failure(errc::unexpected, "unexpected exception: " + excerpt(e.what()));
  } catch (...) {
    return failure(errc::unexpected, "unexpected exception of an unknown type");
  }
}

failure failure_of_callback(const std::exception_ptr& why) {
  auto f = failure_of(why);
  if (f.code() != errc::unexpected)
    return f;
  try {
    std::rethrow_exception(why);
  } catch (const std::exception& e) {
    return f.message(excerpt(e.what()));
  } catch (...) {
    return f;
  }
}

failure failure_by(errc code, std::initializer_list<std::string_view> words) noexcept {
  try {
    std::string text;
    for (const auto w : words)
      text += w;
    return failure(code, std::move(text));
  } catch (const std::bad_alloc&) {
    return failure(code, {});
  }
}

void name_request(failure& f, const std::string& id) noexcept {
  try {
    if (f && f.request_id().empty())
      f.request_id(id);
  } catch (const std::bad_alloc&) {
  }
}

failure copy_of(const failure& f) noexcept {
  try {
    return f;
  } catch (const std::bad_alloc&) {
    return failure(f.code(), {});
  }
}

} // namespace weir::inline v0
