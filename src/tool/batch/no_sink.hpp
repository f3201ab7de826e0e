// The sink of jobs whose results stay in the journal.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <weir/batch/source.hpp>

namespace weir::inline v0::cli {

/// The output is made of the journal, at the end.
class no_sink final : public batch_sink {
public:
  boost::asio::awaitable<void> write(batch_result) override { co_return; }
};

} // namespace weir::inline v0::cli
