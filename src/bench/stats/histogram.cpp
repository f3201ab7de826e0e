#include <weir/bench/histogram.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <weir/core/base64.hpp>
#include <weir/core/error.hpp>

#include "bench/stats/hdr.hpp"

WEIR_BEGIN_NAMESPACE

namespace {

constexpr duration value_at(std::size_t place) noexcept {
  return duration(static_cast<duration::rep>(hdr::middle_of(place)));
}

} // namespace

void histogram::add(duration value, std::uint64_t times) {
  if (times == 0)
    return;
  if (value > longest)
    beyond_ += times;
  const auto place = hdr::place_of(static_cast<std::uint64_t>(std::clamp(value, duration(), longest).count()));
  if (place >= counts_.size())
    counts_.resize(place + 1);
  counts_[place] += times;
  total_ += times;
}

histogram& histogram::merge(const histogram& other) {
  if (other.counts_.size() > counts_.size())
    counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i)
    counts_[i] += other.counts_[i];
  total_ += other.total_;
  beyond_ += other.beyond_;
  return *this;
}

duration histogram::at_rank(std::uint64_t rank) const noexcept {
  rank = std::clamp<std::uint64_t>(rank, 1, std::max<std::uint64_t>(total_, 1));
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] >= rank)
      return value_at(i);
    rank -= counts_[i];
  }
  return {};
}

duration histogram::at(double share) const noexcept {
  // Without the allowance 0.99 of 100 would be the 100th value.
  const double rank = std::ceil(share * static_cast<double>(total_) - 1e-9 * static_cast<double>(total_));
  return at_rank(rank < 1 ? 1 : static_cast<std::uint64_t>(rank));
}

duration histogram::mean() const noexcept {
  if (total_ == 0)
    return {};
  long double sum = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i)
    sum += static_cast<long double>(counts_[i]) * static_cast<long double>(hdr::middle_of(i));
  return duration(static_cast<duration::rep>(std::llround(sum / static_cast<long double>(total_))));
}

duration histogram::deviation() const noexcept {
  if (total_ == 0)
    return {};
  const auto middle = static_cast<long double>(mean().count());
  long double sum = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const auto off = static_cast<long double>(hdr::middle_of(i)) - middle;
    sum += static_cast<long double>(counts_[i]) * off * off;
  }
  return duration(static_cast<duration::rep>(std::llround(std::sqrt(sum / static_cast<long double>(total_)))));
}

std::uint64_t histogram::count_up_to(duration value) const noexcept {
  if (value < duration())
    return 0;
  const auto last = hdr::place_of(static_cast<std::uint64_t>(std::min(value, longest).count()));
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts_.size() && i <= last; ++i)
    sum += counts_[i];
  return sum;
}

std::string histogram::encoded() const { return encode_base64(hdr::compress(hdr::encode(counts_))); }

histogram histogram::decoded(std::string_view text) {
  const auto bytes = decode_base64(text);
  if (!bytes)
    throw error(errc::invalid_argument, "not a histogram that weir reads: it is not base64");
  std::string_view rest = *bytes;
  histogram h;
  h.counts_ = hdr::decode(hdr::take(rest, 4) == hdr::plain_cookie ? *bytes : hdr::decompress(*bytes));
  for (const auto n : h.counts_) {
    if (n > std::numeric_limits<std::uint64_t>::max() - h.total_)
      throw error(errc::invalid_argument, "not a histogram that weir reads: its counts are too large");
    h.total_ += n;
  }
  return h;
}

WEIR_END_NAMESPACE
