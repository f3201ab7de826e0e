#include "tool/batch/stop_words.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "tool/output/failure_words.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace {

// What the server says stays as it is.
std::string own_words(const std::string& described) {
  const auto at = std::min(described.size(), described.find(" (the server says: "));
  return in_options(described.substr(0, at)) + described.substr(at);
}

} // namespace

void tell_why_stopped(batch_report& r, bool interrupted, bool late) {
  for (auto& kind : r.failures)
    kind.example = own_words(kind.example);
  auto& why = r.stopped;
  if (why.empty())
    return;
  if (interrupted)
    why = "interrupted";
  else if (late)
    why = "the deadline";
  else
    why = own_words(why);
  // Of a ceiling without a period it tells when that ends.
  if (why.starts_with("budget '--max-cost'"))
    why.resize(std::min(why.size(), why.find("; room again")));
}

bool was_left_by_reader(const failure& why, const std::string& output) {
  if (output != "-" || why.code() != errc::not_saved)
    return false;
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP)) != 0;
}

void throw_if_output_is_stopped() {
  if (signals::received() != 0)
    throw error(errc::cancelled, "the output is not written; the journal has every answer for the next run");
}

} // namespace weir::inline v0::cli
