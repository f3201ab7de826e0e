// completion::json(): the JSON in an answer.
#include <weir/json.hpp>

#include <string>
#include <string_view>

#include "codec/json/json.hpp"
#include "provider/chat/dialect_decode.hpp"

namespace weir::inline v0 {

namespace {

// The content of the text's one Markdown code block, which models like to put JSON into; the text itself without one.
std::string_view out_of_block(std::string_view text) noexcept {
  constexpr std::string_view fence = "```";
  text = provider::trimmed(text);
  const auto open = text.find(fence);
  if (open == text.npos || text.starts_with('{') || text.starts_with('['))
    return text;
  const auto line = text.find('\n', open);
  const auto close = line == text.npos ? text.npos : text.find(fence, line);
  return close == text.npos ? text : provider::trimmed(text.substr(line, close - line));
}

} // namespace

namespace detail {

std::string text_of(const boost::json::value& v) { return codec::to_text(v); }

void throw_no_fit(std::string_view what) { throw error(errc::unexpected_content, std::string(what)); }

} // namespace detail

boost::json::value completion::json() const {
  if (failure)
    throw error(failure);
  const auto given = out_of_block(text());
  if (outcome != weir::outcome::complete)
    detail::throw_no_fit("the answer is cut off (" + std::string(name_of(outcome)) +
                         "), so it is no JSON: allow more tokens, or ask for less");
  error_code ec;
  codec::json_problem problem;
  auto v = codec::parse_json(given, ec, problem);
  if (!ec)
    return v;
  if (given.empty())
    detail::throw_no_fit("the answer is empty, and no JSON");
  detail::throw_no_fit("the answer is no JSON: " + problem.reason + " at byte " + std::to_string(problem.offset));
}

} // namespace weir::inline v0
