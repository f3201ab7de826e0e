#include <weir/codec/schema.hpp>

#include <utility>

#include "codec/json/schema_check.hpp"
#include "codec/json/schema_form.hpp"

namespace weir::inline v0 {

schema::schema(std::string text) : text_(std::move(text)) {
  const auto v = codec::parse_argument(text_, "the JSON Schema");
  if (!v.is_object() && !v.is_bool())
    throw error(errc::invalid_argument, "the JSON Schema is neither an object nor a boolean");
  if (const auto why = codec::problem_of_schema(v); !why.empty())
    throw error(errc::invalid_argument, "the JSON Schema cannot be used: " + why);
}

std::string schema::check(std::string_view text) const {
  error_code ec;
  codec::json_problem problem;
  const auto v = codec::parse_json(text, ec, problem);
  if (ec)
    return "no JSON: " + problem.reason + " at byte " + std::to_string(problem.offset);
  return codec::check_schema(codec::parse_argument(text_, "the JSON Schema"), v);
}

} // namespace weir::inline v0
