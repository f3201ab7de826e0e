#include <weir/task/call_options.hpp>

#include <weir/core/error.hpp>

namespace weir::inline v0 {

namespace {

constexpr const char* no_key = "none";

[[noreturn]] void refuse(const std::string& what) { throw error(errc::invalid_argument, "call_options: " + what); }

void check_limit(const std::optional<duration>& limit, const char* name) {
  if (limit && *limit < duration())
    refuse(std::string(name) + " must not be negative");
}

} // namespace

call_options& call_options::key(key_source k, std::string name) & {
  key_ = std::move(k);
  if (name.empty() && !key_.issues())
    name = key_ ? key_.last().fingerprint() : no_key;
  key_name_ = std::move(name);
  return *this;
}

void call_options::check() const {
  // A tenant whose key is missing must not be served with the client's.
  if (!key_ && !key_name_.empty())
    throw error(errc::missing_key, "call_options: the key of this call is empty" +
                                       (key_name_ == no_key ? std::string() : " (" + key_name_ + ")"));
  if (key_.issues() && key_name_.empty())
    refuse("a key that a callback issues needs a name, which limits and records know it by: key(source, name)");
  if (attempts_ && (*attempts_ < 1 || *attempts_ > 100))
    refuse("attempts must be from 1, which means no retries, to 100");
  check_limit(deadline_, "deadline");
  check_limit(first_token_timeout_, "first_token_timeout");
  check_limit(inter_token_timeout_, "inter_token_timeout");
}

} // namespace weir::inline v0
