#include "tool/bench/calls_file.hpp"

#include <chrono>
#include <optional>
#include <utility>

#include "codec/json/json.hpp"
#include "core/failure/code_name.hpp"
#include "core/time/in_seconds.hpp"
#include "tool/signals.hpp"

namespace weir::inline v0::cli {

namespace json = codec::json;

namespace {

void set(json::object& to, const char* name, const std::optional<duration>& value) {
  if (value)
    to[name] = in_seconds(*value);
}

std::string line_of(const bench_call& c, const std::string& target) {
  json::object o;
  o["target"] = target;
  o["meant"] = in_seconds(c.meant);
  set(o, "sent", c.sent);
  set(o, "first_byte", c.first_byte);
  set(o, "first_content", c.first_content);
  set(o, "first_output", c.first_output);
  set(o, "last_content", c.last_content);
  o["ended"] = in_seconds(c.ended);
  o["outcome"] = name_of(c.outcome);
  if (c.failure) {
    o["error"] = code_name(c.failure.code());
    if (c.failure.status() != 0)
      o["status"] = c.failure.status();
    o["message"] = c.failure.describe();
  }
  o["input_tokens"] = c.input_tokens;
  o["cached_tokens"] = c.cached_tokens;
  o["output_tokens"] = c.output_tokens;
  if (c.warm_up)
    o["warm_up"] = true;
  return codec::to_text(o) + '\n';
}

} // namespace

calls_file::calls_file(const std::string& path)
    : file_(path, [] {
        if (signals::received() != 0)
          throw error(errc::cancelled, "a signal ended the wait");
      }) {}

void calls_file::add(const bench_call& c, const std::string& target) {
  if (failed_)
    return;
  try {
    file_.write(line_of(c, target));
  } catch (const error& e) {
    // The run goes on: finish() tells.
    failed_ = e.failure();
  }
}

void calls_file::finish() {
  if (failed_)
    throw error(failed_);
  file_.commit();
}

} // namespace weir::inline v0::cli
