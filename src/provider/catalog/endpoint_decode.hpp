// What a text-generation server answers besides its tasks (docs/providers.md, "Text Generation Inference"). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <weir/core/error.hpp>
#include <weir/task/catalog/endpoint_info.hpp>

namespace weir::inline v0::provider {

/// Each throws weir::error errc::malformed_response for a response in another form.
endpoint_info parse_info(std::string_view body);
std::vector<text_token> parse_tokens(std::string_view body);
chat_tokens parse_chat_tokens(std::string_view body);
/// The Prometheus text format; unreadable lines are skipped, and a page without any readable line is malformed.
std::vector<metric_sample> parse_metrics(std::string_view page);

/// What the response to GET /health means; empty for any other failure.
std::optional<endpoint_health> health_of(const failure& f) noexcept;

/// Where the server's own routes are: a base path without `/v1` or a task's route at its end.
std::string server_root(std::string_view base);

} // namespace weir::inline v0::provider
