// How answers look on a terminal and as JSON lines.
#pragma once

#include <string>
#include <string_view>

#include <weir/client/client.hpp>

namespace weir::cli {

/// Prints a streamed answer as it comes.
class printer {
public:
  printer(bool json, bool verbose, bool quiet) : json_(json), verbose_(verbose), quiet_(quiet) {}

  void on_event(const event& e);
  /// The end of a stream, whole or not: the summary, and with --json the last object.
  void on_end(const reply& r);
  /// A call without streaming.
  void on_completion(const completion& c, duration total);

private:
  void end_line();

  bool json_, verbose_, quiet_;
  char last_ = '\n';
  completion seen_; // for tool calls, which are printed whole
};

void print_failure_json(const failure& f);
void print_explained(const explained_request& r);

} // namespace weir::cli
