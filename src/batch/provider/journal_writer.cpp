#include "batch/provider/journal_writer.hpp"

#include <utility>

#include <weir/core/executor.hpp>

#include "batch/engine/no_longer_saved.hpp"

namespace weir::inline v0::vendor_batch {

namespace asio = boost::asio;

journal_writer::journal_writer(journal& to, const asio::any_io_executor& ex)
    : journal_(to), bell_(ex),
      inbox_(std::make_shared<batch_engine::inbox<confirmation>>(scope_of(ex)->inner(), [this] { handle(); })) {}

journal_writer::~journal_writer() { inbox_->close(); }

void journal_writer::handle() {
  for (auto& c : inbox_->take()) {
    c.of->safe = true;
    c.of->ec = c.ec;
  }
  bell_.ring();
}

asio::awaitable<void> journal_writer::append(journal_record r) {
  const auto mine = std::make_shared<record>();
  journal_.append(std::move(r), [box = inbox_, mine](error_code ec) {
    confirmation c;
    c.of = mine;
    c.ec = ec;
    box->put(std::move(c));
  });
  while (!mine->safe)
    co_await bell_.wait();
  if (mine->ec)
    throw error(batch_engine::no_longer_saved(journal_));
}

} // namespace weir::inline v0::vendor_batch
