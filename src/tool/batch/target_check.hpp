// Whether a job's target can be asked at all, found out before anything is sent.
#pragma once

#include <cstddef>
#include <optional>

#include <weir/batch/item.hpp>
#include <weir/client/client.hpp>
#include <weir/client/options.hpp>
#include <weir/core/error.hpp>

namespace weir::inline v0::cli {

/// Makes the requests of items without sending them, until one can be sent: an unknown provider, or a key that is
/// missing, would fail every item with the same words. What only some items have wrong is theirs.
/// Thread safety: none.
class target_check {
public:
  /// \throws weir::error for options that cannot be used, such as a fallback to an unknown provider.
  explicit target_check(weir::options o);

  /// \throws weir::error (condition::configuration) once a hundred items in a row cannot be sent.
  void look(const batch_item& item);
  /// After the last item. `more`: there are others, which are not known yet. \throws weir::error likewise, if none that
  /// it has seen can be sent, or, of those that are not known, no chat could be.
  void finish(bool more);

private:
  failure problem_of(const batch_item::request_type& request) const;
  bool has_fallback(const failure& why) const;

  const options options_;
  const client client_;
  const bool is_open_; ///< Who is asked is decided call by call.
  bool passed_ = false;
  std::size_t failed_ = 0;
  failure first_;
};

} // namespace weir::inline v0::cli
