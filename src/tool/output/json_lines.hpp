// Events and calls as JSON objects, for --json.
#pragma once

#include <vector>

#include <weir/policy/observe/call_record.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/event.hpp>

#include "codec/json/json.hpp"

namespace weir::inline v0::cli {

codec::json::value to_json(const event& e);
/// A completion as the events that a stream would have delivered.
std::vector<event> events_of(const completion& c);
/// The last line: the outcome of a call, its timings and its attempts, optionally with their response headers.
codec::json::object last_object(const call_record& call, bool with_headers = false);
/// Whether an attempt is worth showing: all are, except the only one of a call that failed on its
/// configuration.
bool is_shown(const call_record& call, const attempt& a);

} // namespace weir::inline v0::cli
