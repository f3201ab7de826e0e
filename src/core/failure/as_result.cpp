#include <weir/core/as_result.hpp>

#include <boost/system/system_error.hpp>

#include <new>

#include "core/failure/failure_of.hpp"

namespace weir::inline v0 {

void throw_exception_from_error(const failure& f, const boost::source_location&) { throw error(f); }

failure detail::failure_or_rethrow(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const boost::system::system_error&) {
  } catch (const std::bad_alloc&) {
  }
  return failure_of(why);
}

} // namespace weir::inline v0
