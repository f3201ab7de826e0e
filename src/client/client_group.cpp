#include <weir/client/client_group.hpp>

#include "client/worker_group.hpp"

namespace weir::inline v0 {

class client_group::state : public worker_group {
public:
  using worker_group::worker_group;
};

client_group::client_group(options o, std::size_t threads) : state_(std::make_unique<state>(std::move(o), threads)) {}
client_group::~client_group() = default;
void client_group::spawn(task t) { state_->spawn(std::move(t)); }
void client_group::join() { state_->join(); }
std::size_t client_group::size() const noexcept { return state_->size(); }

} // namespace weir::inline v0
