// The lines of a batch's output.
#pragma once

#include <string>
#include <string_view>

#include <weir/batch/result.hpp>

namespace weir::inline v0 {

/// A line of OpenAI's batch output, without its line feed:
///
///     {"id":"batch_req_…","custom_id":…,"response":{"status_code":200,"request_id":null,"body":{…}},"error":null,
///      "columns":{…},"weir":{"outcome":"complete","provider":…,"model":…,"attempts":1,"calls":1,"latency_ms":…,
///      "ttft_ms":…,"cost":0.000315,"currency":"USD","estimated":false,"cached":false,"same_as":null}}
///
/// A complete answer, and one that was cut at a length limit or filtered, is a response of status 200. Anything else
/// has an error, `{"code","message"}`, beside the provider's refusal (a status from 400) or a null response; what
/// arrived of an answer that broke off is in `weir.partial`. The item's columns have a member of their own,
/// `columns`, so that none can collide; it is absent where there are none.
std::string result_line(const batch_result& r);

/// A line of a file of failures, which can be used as an input again: the members of `row`, with `custom_id` in front
/// where the row does not name the item's id itself, then `weir_error` (`{"code","message","status"}`) and
/// `weir_origin`.
/// \param row the item as it was read, a JSON object in text form; the item's columns if empty.
std::string failure_line(const batch_result& r, std::string_view row);

} // namespace weir::inline v0
