#include "batch/output/error_text.hpp"

namespace weir::inline v0 {

std::string error_code_of(const batch_result& r) {
  if (r.failure.code().category() == error_category() && r.failure)
    return std::string(name_of(static_cast<errc>(r.failure.code().value())));
  if (r.failure)
    return "system";
  return r.succeeded() ? std::string() : std::string(name_of(r.outcome));
}

std::string error_message_of(const batch_result& r) {
  if (r.failure)
    return r.failure.describe();
  switch (r.outcome) {
  case outcome::complete: return {};
  case outcome::length: return "the answer was cut off at the limit of tokens: allow more";
  case outcome::filtered: return "the provider's content filter cut or withheld the answer";
  default: return "the answer is not complete: " + std::string(name_of(r.outcome));
  }
}

} // namespace weir::inline v0
