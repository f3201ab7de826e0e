#include "core/failure_of.hpp"

#include <boost/asio/error.hpp>

namespace weir {

namespace asio = boost::asio;

failure failure_of(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const error& e) {
    return e.failure();
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted ? failure(errc::cancelled, "cancelled")
                                                      : failure(e.code(), e.code().message());
  } catch (const std::exception& e) {
    return failure(errc::connection_lost, e.what());
  }
}

} // namespace weir
