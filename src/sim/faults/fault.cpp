#include "sim/faults/fault.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <weir/core/error.hpp>

#include "core/ascii.hpp"
#include "core/time/duration.hpp"

namespace weir::inline v0::sim {

namespace {

using enum fault_kind;
using arg = argument_kind;

constexpr std::array table{
    fault_info(cut, "cut", arg::count, "200", "",
               "closes the connection cleanly after N bytes of the body, before its end"),
    fault_info(reset, "reset", arg::count, "200", "", "resets the connection after N bytes of the body"),
    fault_info(truncated_chunk, "truncated-chunk", arg::count, "200", "",
               "closes the connection inside a chunk, after N bytes of the body and without close_notify"),
    fault_info(stall, "stall", arg::count, "1", "", "sends N tokens and then nothing, but keeps the connection open"),
    fault_info(slow_first, "slow-first", arg::time, "10s", "", "the first token takes this long"),
    fault_info(no_head, "no-head", arg::none, "", "", "reads the request and never responds"),
    fault_info(hang_up, "hang-up", arg::none, "", "", "reads the request and closes without sending a byte"),
    fault_info(close_delimited, "close-delimited", arg::none, "", "",
               "a body without length or chunks: it ends when the connection closes"),
    fault_info(close_after_stream, "close-after-stream", arg::none, "", "",
               "announces keep-alive, but closes after the response"),
    fault_info(rate_limit, "rate-limit", arg::text, "seconds", "",
               "429; seconds, fraction, ms, date, t, stop or none sets how the wait is sent; a number or a duration "
               "sets how long"),
    fault_info(status_500, "500", arg::none, "", "", "500 with a JSON error"),
    fault_info(status_502, "502", arg::none, "", "", "502 with a JSON error"),
    fault_info(status_503, "503", arg::none, "", "", "503 with a JSON error"),
    fault_info(status_504, "504", arg::none, "", "", "504 with a JSON error"),
    fault_info(status_529, "529", arg::none, "", "", "529 with a JSON error"),
    fault_info(loading, "loading", arg::count, "20", "",
               "503 with an estimated_time of N seconds: the model is loading"),
    fault_info(html_error, "html-error", arg::none, "", "", "502 with an HTML page, as from a gateway"),
    fault_info(quota_exhausted, "quota-exhausted", arg::words, "402", "402|429", "402 or 429: the credit is used up"),
    fault_info(unauthorized, "unauthorized", arg::none, "", "", "401: the key is wrong"),
    fault_info(not_found, "not-found", arg::none, "", "", "404: no such model"),
    fault_info(redirect, "redirect", arg::text, "https://localhost:1/elsewhere", "", "307 to another URL"),
    fault_info(cold_start, "cold-start", arg::time, "5s", "",
               "an endpoint scaled to zero: 503 for this long after the first request, or with x-scale-up-timeout the "
               "request is held"),
    fault_info(unhealthy, "unhealthy", arg::none, "", "", "GET /health returns 503: the model does not work"),
    fault_info(paused, "paused", arg::none, "", "", "400, as from an endpoint that its owner paused"),
    fault_info(error_in_band, "error-in-band", arg::words, "openai", "openai|tgi|groq|chunk",
               "an error event in a stream that began with 200"),
    fault_info(error_200_json, "error-200-json", arg::none, "", "", "200 with a JSON body that is an error"),
    fault_info(malformed_json, "malformed-json", arg::count, "2", "", "the event after N tokens is not valid JSON"),
    fault_info(split_utf8, "split-utf8", arg::none, "", "",
               "multi-byte characters, split over two chunks and two writes"),
    fault_info(pings, "pings", arg::count, "1", "", "a comment line after every N tokens"),
    fault_info(no_done, "no-done", arg::none, "", "", "the stream ends without [DONE]"),
    fault_info(junk_after_done, "junk-after-done", arg::none, "", "", "something that is not an event follows [DONE]"),
    fault_info(job_fails, "job-fails", arg::none, "", "", "the job starts, then fails"),
    fault_info(job_never_ends, "job-never-ends", arg::none, "", "", "the job starts and runs forever"),
    fault_info(job_lost, "job-lost", arg::none, "", "", "the job starts and is unknown from then on"),
    fault_info(poll_429, "poll-429", arg::count, "2", "", "the first N polls of a job get a 429"),
    fault_info(poll_503, "poll-503", arg::count, "2", "", "the first N polls of a job get a 503"),
    fault_info(download_cut, "download-cut", arg::count, "100", "",
               "the download of a job's file breaks off after N bytes, each time"),
    fault_info(download_missing, "download-missing", arg::none, "", "", "a job's file is missing: 404"),
    fault_info(download_large, "download-large", arg::count, "2000000", "", "a job's file has N bytes"),
    fault_info(batch_no_output, "batch-no-output", arg::none, "", "",
               "every line of the batch fails: it is completed and has no output file"),
    fault_info(batch_expired, "batch-expired", arg::count, "50", "",
               "the batch expires when N percent of its lines are answered"),
    fault_info(batch_counts_zero, "batch-counts-zero", arg::none, "", "", "the batch's counts stay 0"),
    fault_info(batch_error_lines, "batch-error-lines", arg::count, "20", "", "N percent of the batch's lines fail"),
    fault_info(batch_duplicate_lines, "batch-duplicate-lines", arg::count, "1", "",
               "N results of the batch are there twice"),
    fault_info(batch_vanished, "batch-vanished", arg::words, "404", "404|200",
               "the batch is unknown once it was validated; 200: with an error in the body"),
    fault_info(batch_slow_finalize, "batch-slow-finalize", arg::time, "10s", "",
               "the batch takes this long from its last line to its end"),
    fault_info(batch_transient_404, "batch-transient-404", arg::time, "1s", "",
               "the batch is unknown for this long after it was made"),
    fault_info(batch_create_lost, "batch-create-lost", arg::none, "", "",
               "the batch is made, but the connection closes before the response"),
    fault_info(slow_handshake, "slow-handshake", arg::time, "10s", "",
               "the TLS handshake takes this long (server only)"),
    fault_info(bad_cert_expired, "bad-cert-expired", arg::none, "", "", "the certificate has expired (server only)"),
    fault_info(bad_cert_host, "bad-cert-host", arg::none, "", "", "the certificate is for another host (server only)"),
    fault_info(bad_cert_self_signed, "bad-cert-self-signed", arg::none, "", "",
               "the certificate is self-signed (server only)"),
    fault_info(bad_cert_unknown_ca, "bad-cert-unknown-ca", arg::none, "", "",
               "the certificate is from an authority that is not in the CA file (server only)"),
};

[[noreturn]] void refuse(std::string message) { throw error(errc::invalid_argument, std::move(message)); }

std::string quoted(std::string_view text) { return std::string("'").append(text.substr(0, 64)).append("'"); }

const fault_info& find(std::string_view name) {
  const auto it = std::find_if(table.begin(), table.end(), [&](const fault_info& f) { return f.name == name; });
  if (it != table.end())
    return *it;
  std::string list;
  for (const auto& f : table)
    list.append(list.empty() ? "" : ", ").append(f.name);
  refuse("unknown fault " + quoted(name) + "; known faults: " + list);
}

std::optional<double> read_rate(std::string_view text) {
  double rate = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (ec != std::errc{} || end != text.data() + text.size() || !(rate >= 0 && rate <= 1))
    return std::nullopt;
  return rate;
}

std::uint64_t read_count(std::string_view text, std::string_view what) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || text.empty())
    refuse(std::string(what) + " takes an integer, not " + quoted(text));
  return value;
}

bool among(std::string_view choices, std::string_view word) {
  while (!choices.empty()) {
    const auto bar = std::min(choices.find('|'), choices.size());
    if (choices.substr(0, bar) == word)
      return true;
    choices.remove_prefix(std::min(bar + 1, choices.size()));
  }
  return false;
}

} // namespace

std::span<const fault_info> fault_table() noexcept { return table; }

const fault_info& info(fault_kind kind) noexcept {
  return *std::find_if(table.begin(), table.end(), [&](const fault_info& f) { return f.kind == kind; });
}

bool of_connection(fault_kind kind) noexcept {
  switch (kind) {
  case slow_handshake:
  case bad_cert_expired:
  case bad_cert_host:
  case bad_cert_self_signed:
  case bad_cert_unknown_ca: return true;
  default: return false;
  }
}

bool of_batch(fault_kind kind) noexcept { return kind >= batch_no_output && kind <= batch_create_lost; }

fault::fault(fault_kind kind) : fault(kind, std::string(info(kind).fallback)) {}

fault::fault(fault_kind kind, std::string argument) : kind_(kind), argument_(std::move(argument)) {
  const auto& row = info(kind);
  switch (row.argument) {
  case arg::none:
    if (!argument_.empty())
      refuse("the fault " + std::string(row.name) + " takes no argument");
    break;
  case arg::count: count_ = read_count(argument_, row.name); break;
  case arg::time: time_ = parse_duration(argument_); break;
  case arg::words:
    if (!among(row.choices, argument_))
      refuse("the fault " + std::string(row.name) + " takes one of " + std::string(row.choices));
    break;
  case arg::text:
    if (kind == rate_limit && !among("seconds|fraction|ms|date|t|stop|none", argument_) &&
        !(argument_ >= "0" && argument_ < ":"))
      refuse("the fault rate-limit takes a number, a duration, seconds, fraction, ms, date, t, stop or none");
    break;
  }
}

fault parse_fault(std::string_view text) {
  text = trimmed(text);
  const auto sign = text.find_first_of(":=");
  const auto& row = find(text.substr(0, sign));
  return sign == text.npos ? fault(row.kind) : fault(row.kind, std::string(text.substr(sign + 1)));
}

std::vector<fault> parse_faults(std::string_view text) {
  std::vector<fault> out;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    out.push_back(parse_fault(text.substr(0, comma)));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

fault_rule parse_fault_rule(std::string_view text) {
  text = trimmed(text);
  auto times = fault_rule::always;
  if (const auto star = text.rfind('*'); star != text.npos) {
    times = read_count(text.substr(star + 1), "the part after *");
    text = text.substr(0, star);
  }
  std::optional<double> rate;
  if (const auto sign = text.rfind('='); sign != text.npos) {
    const auto number = text.substr(sign + 1);
    rate = read_rate(number);
    // `cut=300`: x-fault has arguments after this sign, and rates there are none.
    const bool argument = text.find_first_of(":=") == sign && find(text.substr(0, sign)).argument != arg::none;
    if (!rate && !argument)
      refuse("a rate must be a number from 0 to 1, not " + quoted(number) + "; an argument is written NAME:ARG");
    if (rate)
      text = text.substr(0, sign);
  }
  return fault_rule(parse_fault(text), rate.value_or(1), times);
}

std::string fault_help() {
  constexpr std::size_t left_width = 27, width = 100;
  std::string out;
  for (const auto& f : table) {
    std::string line = "  " + std::string(f.name);
    if (f.argument != arg::none)
      line.append(":").append(f.choices.empty() ? f.fallback : f.choices);
    if (line.size() > left_width) {
      out.append(line).append("\n");
      line.clear();
    }
    line.resize(left_width, ' ');
    for (auto rest = f.description; !rest.empty();) {
      const auto space = std::min(rest.find(' '), rest.size());
      if (line.size() + 1 + space > width) {
        out.append(line).append("\n");
        line.assign(left_width, ' ');
      }
      line.append(" ").append(rest.substr(0, space));
      rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    out.append(line).append("\n");
  }
  return out;
}

} // namespace weir::inline v0::sim
