// completion::json(): the JSON in an answer.
#include <weir/json.hpp>

#include <string>
#include <string_view>

#include "codec/json/json.hpp"
#include "codec/json/json_in_text.hpp"

namespace weir::inline v0 {

namespace detail {

std::string text_of(const boost::json::value& v) { return codec::to_text(v); }

void throw_no_fit(std::string_view what) { throw error(errc::unexpected_content, std::string(what)); }

} // namespace detail

boost::json::value completion::json() const {
  if (failure)
    throw error(failure);
  const auto given = codec::json_in_text(text());
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
