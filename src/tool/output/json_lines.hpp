// Events and calls as JSON objects, for --json.
#pragma once

#include <vector>

#include <weir/policy/observe/call_record.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/event.hpp>

#include "codec/json/json.hpp"

namespace weir::cli {

codec::json::value to_json(const event& e);
/// A whole answer as the events that would have streamed it.
std::vector<event> events_of(const completion& c);
/// The last line: the outcome of a call, its times and its attempts, with the headers of their answers if wanted.
codec::json::object last_object(const call_record& call, bool with_headers = false);
/// Whether an attempt is worth telling: all are but the only one of a call whose configuration cannot be
/// used.
bool is_shown(const call_record& call, const attempt& a);

} // namespace weir::cli
