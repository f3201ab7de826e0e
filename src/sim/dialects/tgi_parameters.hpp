// The parameters of TGI's text generation, validated like its router does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/protocol.hpp"

namespace weir::inline v0::sim {

inline constexpr std::uint64_t max_best_of = 4;
inline constexpr std::uint64_t max_stop_sequences = 4;
inline constexpr std::uint64_t max_top_n_tokens = 5;

class generate_parameters {
public:
  generate_parameters() = default;
  /// From the request's body, whatever it contains.
  explicit generate_parameters(const codec::json::value& body);

  std::optional<std::uint64_t> max_new_tokens, seed;
  std::uint64_t best_of = 1;
  std::uint64_t top_n_tokens = 0;
  bool details = false;
  bool decoder_input_details = false;
  std::vector<std::string> stops;
  bool as_json = false;                       ///< A JSON grammar.
  const codec::json::value* schema = nullptr; ///< Of it, in the request's body.
};

/// The error for parameters that TGI refuses; empty if they are valid.
std::optional<plan> refused_parameters(const codec::json::value& body, bool stream);

} // namespace weir::inline v0::sim
