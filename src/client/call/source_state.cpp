#include "client/call/source_state.hpp"

#include <utility>

#include <weir/core/executor.hpp>

#include "core/failure/failure_of.hpp"

namespace weir::inline v0 {

source_state::source_state(std::shared_ptr<scope> in, std::shared_ptr<weir::attempt> record, time_point begin)
    : scope_(std::move(in)), record_(std::move(record)), begin_(begin) {}

void source_state::conclude(weir::outcome o, weir::failure f) noexcept {
  ended_ = true;
  outcome_ = o;
  failure_ = std::move(f);
  name_request(failure_, record_->request_id);
  record_->failure = copy_of(failure_);
  record_->ended = time_of(scope_->inner()).now() - begin_;
  unlink();
}

void source_state::throw_if_failed() const {
  if (failure_ && outcome_ != weir::outcome::filtered)
    throw error(failure_);
}

} // namespace weir::inline v0
