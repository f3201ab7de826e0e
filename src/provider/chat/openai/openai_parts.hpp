// What chunks and complete OpenAI-compatible responses share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <weir/task/event.hpp>

#include "codec/json/node.hpp"

namespace weir::inline v0::provider {

inline bool has_text(const codec::node& v) noexcept { return v.is_string() && !v.get_string().empty(); }

/// Counts, wherever the vendor puts them (docs/dialects.md has the places). Absent stays absent.
usage read_usage(const codec::node& v);
usage read_usage(const codec::json::value& v);
/// Chat's `{content: […]}` and completions' `{tokens: […], token_logprobs: […]}`.
std::vector<token_logprob> read_logprobs(const codec::node& v);
/// The list that is chat's.
std::vector<token_logprob> read_tokens(const codec::node& list);
/// The reasoning in `reasoning_details` or `thinking_blocks`.
std::string reasoning_of(const codec::node& details);
/// Where an image part, or an element of `images`, has its image: a URL, a `data:` URL or base64; otherwise empty.
std::string_view image_of(const codec::node& part) noexcept;
/// Whether one of Azure's filter results reports filtered content.
bool is_filtered(const codec::node& v) noexcept;

} // namespace weir::inline v0::provider
