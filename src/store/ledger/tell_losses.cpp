#include "store/ledger/tell_losses.hpp"

#include <chrono>
#include <utility>

namespace weir::inline v0 {

void tell_losses(ledger_file& of, std::shared_ptr<alerts> to) {
  of.on_loss([to = std::move(to)](const std::string& why, std::uint64_t) {
    if (!why.empty())
      to->lost_entries(1, why, std::chrono::system_clock::now());
  });
}

} // namespace weir::inline v0
