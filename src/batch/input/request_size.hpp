// How large a request is, for estimates. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <weir/batch/item.hpp>

namespace weir::inline v0::input {

class request_size {
public:
  request_size() = default;
  std::uint64_t characters = 0;            ///< Of text that is sent, tools and schemas included; no media.
  std::optional<std::uint64_t> max_output; ///< The limit of output tokens, over all answers, if it has one.
  bool media = false;
  std::string_view model; ///< Points into the request.
};

request_size size_of(const batch_item::request_type& request);

} // namespace weir::inline v0::input
