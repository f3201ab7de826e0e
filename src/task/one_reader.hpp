// Makes sure that a reply has one reader at a time.
#pragma once

#include <utility>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

/// Marks a read as in progress, for as long as it lives.
class one_reader {
public:
  /// \throws weir::error errc::invalid_argument while another one lives.
  explicit one_reader(bool& reading) : reading_(reading) {
    if (std::exchange(reading_, true))
      throw error(errc::invalid_argument,
                  "this reply is being read already: one coroutine at a time may await its next() or ready()");
  }
  one_reader(const one_reader&) = delete;
  one_reader& operator=(const one_reader&) = delete;
  ~one_reader() { reading_ = false; }

private:
  bool& reading_;
};

} // namespace weir::inline v0
