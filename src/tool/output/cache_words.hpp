// What is said about a call that was answered from the cache.
#pragma once

#include <string>

#include <weir/policy/observe/call_record.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::cli {

/// The attempt that gave the answer, if the cache or another call did; else nullptr.
const attempt* cached_attempt(const call_record& call) noexcept;

/// `40 s`, `12 min`, `2 h`, `3 d`: in one unit, rounded down.
std::string age_words(duration age);

/// ` · from the cache, 2 h old`, or empty: for the line that sums up a call.
std::string cache_words(const call_record& call);

/// `{"hit":true,"age_s":7200,"key":"…"}`; null for a call without a cache.
codec::json::value cache_json(const call_record& call);

} // namespace weir::inline v0::cli
