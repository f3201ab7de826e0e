// Records that are waited for.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>

#include <weir/store/journal.hpp>

#include "batch/engine/bell.hpp"
#include "batch/engine/inbox.hpp"

namespace weir::inline v0::vendor_batch {

/// Appends to a journal from one strand. Object lifetimes: the journal must outlive it; the context need not, although
/// the journal's own thread calls back. Thread safety: none.
class journal_writer {
public:
  journal_writer(journal& to, const boost::asio::any_io_executor& ex);
  journal_writer(const journal_writer&) = delete;
  ~journal_writer();

  /// Returns once the record is safe. \throws weir::error errc::not_saved.
  /// Cancellation: terminal; the record is written all the same.
  boost::asio::awaitable<void> append(journal_record r);

private:
  class record {
  public:
    record() = default;
    bool safe = false;
    error_code ec;
  };
  class confirmation {
  public:
    confirmation() = default;
    std::shared_ptr<record> of;
    error_code ec;
  };
  void handle();

  journal& journal_;
  batch_engine::bell bell_;
  std::shared_ptr<batch_engine::inbox<confirmation>> inbox_;
};

} // namespace weir::inline v0::vendor_batch
