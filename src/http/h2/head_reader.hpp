// Heads and trailers of responses from decoded fields, as strictly as HTTP/1.1's are read.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/message/types.hpp"
#include "http/response/response_reader.hpp"

namespace weir::inline v0::http::h2 {

/// Why a response is refused: `problem` is a sentence without any of its bytes.
class refusal {
public:
  refusal() = default;
  refusal(errc c, std::string_view p) : code(c), problem(p) {}
  explicit operator bool() const noexcept { return code != errc{}; }
  errc code{};
  std::string_view problem;
};

/// Reads the field sections of one response: interim heads, the final one, trailers. What HTTP/2 itself forbids in them
/// (RFC 9113, section 8.2) has been refused before.
class head_reader {
public:
  explicit head_reader(const reader_limits& limits) : limits_(limits) {}

  /// A field section begins.
  void begin() noexcept;
  void field(std::string_view name, std::string_view value);
  /// The section is complete; `ends`: and so is the response.
  void end(bool ends);

  /// Whether the final head is there, even if the response is refused for its content coding.
  bool has_head() const noexcept { return has_head_; }
  response_head& head() noexcept { return head_; }
  std::optional<std::uint64_t> length() const noexcept { return length_; }
  const refusal& refused() const noexcept { return refused_; }

private:
  void refuse(errc code, std::string_view why) {
    if (!refused_)
      refused_ = refusal(code, why);
  }
  void status(std::string_view text);
  void content_length(std::string_view text);
  void decide(bool ends);

  reader_limits limits_;
  response_head head_;
  refusal refused_;
  std::optional<std::uint64_t> length_;
  std::size_t used_ = 0; // bytes of all heads, then of the trailers
  std::size_t fields_ = 0;
  unsigned interim_ = 0;
  bool coded_ = false;
  bool has_head_ = false;
};

} // namespace weir::inline v0::http::h2
