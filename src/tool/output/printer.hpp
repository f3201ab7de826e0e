// Prints answers, for a terminal and as JSON lines.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <weir/client/client.hpp>

#include "codec/json/json.hpp"
#include "tool/output/status_line.hpp"

namespace weir::inline v0::cli {

/// Prints an answer: its text on `out`, everything else on `err`.
/// Object lifetimes: both files outlive it.
class printer {
public:
  printer(bool json, bool verbose, bool quiet, std::FILE* out = stdout, std::FILE* err = stderr);

  /// Says on this line what goes on until something is printed.
  void use(std::shared_ptr<status_line> line) { status_ = std::move(line); }

  /// \param at when the event was read, since the call began.
  void on_event(const event& e, duration at);
  /// The result of a task, with --json.
  void on_result(std::string_view task, codec::json::value result);
  /// Ends the line of a job's progress, if one is open.
  void end_progress();
  /// What the call has cost, for its summary; empty: what the provider says.
  void use_cost(std::string words) { cost_ = std::move(words); }
  /// The end of a stream, complete or not: the summary, or with --json the last object.
  void on_end(const call_record& call);
  /// A response that was not streamed.
  void on_completion(const completion& c, const call_record& call);
  /// A call that failed before its answer began.
  void on_failure(const call_record& call);
  /// A call that was never started.
  void on_failure(const failure& f);

private:
  void put(std::string_view text);
  void put_line(const codec::json::value& v);
  void end_line();
  void reasoning(std::string_view text);
  void end_reasoning();
  void on_choice(const choice& c);
  void on_media(const media& m);
  void tool_calls(const choice& c);
  void on_progress(const progress& p);

  bool json_, verbose_, quiet_;
  std::shared_ptr<status_line> status_;
  bool dim_;         // reasoning is told apart by dim letters, and not by a heading
  std::string told_; // the last line of progress
  std::string cost_;
  std::FILE* out_;
  std::FILE* err_;
  char last_ = '\n';
  char last_of_reasoning_ = 0; // 0: none is open on `err_`
  bool reasoned_ = false;      // some of it was streamed
  completion seen_;            // for tool calls and media, which are printed at the end
};

/// The request as one JSON object: method, url, headers, body. With `variable`, the last header's key is a made-up one,
/// and `$variable` takes its place.
std::string to_json(const explained_request& r, std::string_view variable = {});

} // namespace weir::inline v0::cli
