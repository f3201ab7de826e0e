#include <weir/task/call_options.hpp>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

namespace {

[[noreturn]] void refuse(const std::string& what) { throw error(errc::invalid_argument, "call_options: " + what); }

void check_limit(const std::optional<duration>& limit, const char* name) {
  if (limit && *limit < duration())
    refuse(std::string(name) + " must not be negative");
}

} // namespace

call_options& call_options::key(key_source k, std::string name) & {
  key_ = std::move(k);
  key_name_ = name.empty() && !key_.issues() && key_ ? key_.last().fingerprint() : std::move(name);
  return *this;
}

void call_options::check() const {
  if (key_.issues() && key_name_.empty())
    refuse("a key that a callback issues needs a name, which limits and records know it by: key(source, name)");
  if (attempts_ && (*attempts_ < 1 || *attempts_ > 100))
    refuse("attempts must be from 1, which means no retries, to 100");
  check_limit(deadline_, "deadline");
  check_limit(first_token_timeout_, "first_token_timeout");
  check_limit(inter_token_timeout_, "inter_token_timeout");
}

} // namespace weir::inline v0
