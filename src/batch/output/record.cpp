#include "batch/output/record.hpp"

#include <boost/system/system_category.hpp>

#include <string>
#include <string_view>
#include <utility>

#include "batch/output/object_writer.hpp"

namespace weir::inline v0 {

namespace json = codec::json;

namespace {

// Raised when a reader of an earlier version would misread what is written.
constexpr std::uint64_t version = 1;

constexpr std::size_t usual_record = 512; // without its texts

class count_name {
public:
  std::string_view name;
  std::optional<std::uint64_t> usage::* count;
};
constexpr count_name counts[] = {{"prompt", &usage::prompt_tokens},
                                 {"completion", &usage::completion_tokens},
                                 {"total", &usage::total_tokens},
                                 {"cached", &usage::cached_tokens},
                                 {"cache_write", &usage::cache_write_tokens},
                                 {"reasoning", &usage::reasoning_tokens}};

void append_usage(std::string& out, const usage& u) {
  object_writer o(out);
  for (const auto& c : counts)
    if (const auto& n = u.*c.count)
      o.number(c.name, *n);
  if (u.cost)
    o.number("cost", *u.cost);
  if (!u.units.empty()) {
    object_writer each(o.member("units"));
    for (std::size_t i = 0; i != usage_unit_count; ++i)
      if (const auto unit = static_cast<usage_unit>(i); const auto n = u.units[unit])
        each.number(name_of(unit), *n);
    each.close();
  }
  if (u.inconsistent)
    o.flag("inconsistent", true);
  if (u.estimated)
    o.flag("estimated", true);
  o.close();
}

usage read_usage(const json::value& v) {
  usage u;
  for (const auto& c : counts)
    u.*c.count = codec::uint_at(v, c.name);
  u.cost = codec::number_at(v, "cost");
  if (const auto* units = codec::find(v, "units"))
    for (std::size_t i = 0; i != usage_unit_count; ++i)
      u.units.set(static_cast<usage_unit>(i), codec::uint_at(*units, name_of(static_cast<usage_unit>(i))));
  u.inconsistent = codec::bool_at(v, "inconsistent").value_or(false);
  u.estimated = codec::bool_at(v, "estimated").value_or(false);
  return u;
}

void append_failure(std::string& out, const failure& f) {
  object_writer o(out);
  // Values of errc are stable, those of the system are the system's.
  if (f.code().category() == error_category())
    o.number("weir", f.code().value());
  else if (f.code().category() == boost::system::system_category())
    o.number("system", f.code().value());
  o.text_if("message", f.message());
  o.text_if("remote", f.remote());
  o.text_if("remote_code", f.remote_code());
  if (f.status() != 0)
    o.number("status", f.status());
  o.text_if("request_id", f.request_id());
  if (f.retry_after())
    o.number("retry_after_ns", f.retry_after()->count());
  if (f.should_retry())
    o.flag("should_retry", *f.should_retry());
  o.close();
}

std::string text_at(const json::value& v, std::string_view key) {
  return std::string(codec::string_at(v, key).value_or(""));
}

failure read_failure(const json::value& v) {
  failure f(errc::unexpected, text_at(v, "message"));
  if (const auto code = codec::int_at(v, "weir"))
    f.code(error_code(static_cast<int>(*code), error_category()));
  else if (const auto number = codec::int_at(v, "system"))
    f.code(error_code(static_cast<int>(*number), boost::system::system_category()));
  f.remote(text_at(v, "remote")).remote_code(text_at(v, "remote_code")).request_id(text_at(v, "request_id"));
  f.status(static_cast<int>(codec::int_at(v, "status").value_or(0)));
  if (const auto wait = codec::int_at(v, "retry_after_ns"))
    f.retry_after(std::chrono::nanoseconds(*wait));
  f.should_retry(codec::bool_at(v, "should_retry"));
  return f;
}

[[noreturn]] void refuse(const journal_record& r, std::string_view why) {
  throw error(errc::invalid_configuration,
              "the journal's record of '" + r.id.substr(0, 200) + "' cannot be read: " + std::string(why));
}

} // namespace

journal_record result_record(const batch_result& r, std::uint64_t fingerprint) {
  journal_record to(record_kind(r.outcome), r.id, {});
  to.index = r.index;
  to.fingerprint = fingerprint;
  // A body's quotation marks are escaped.
  to.payload.reserve(usual_record + r.columns.size() + r.body.size() + r.body.size() / 4);
  object_writer o(to.payload);
  o.number("v", version);
  o.text_if("provider", r.provider);
  o.text_if("model", r.model);
  if (!r.usage.empty())
    append_usage(o.member("usage"), r.usage);
  if (r.cost)
    o.text("cost", r.cost->text());
  o.text_if("currency", r.currency);
  if (r.cost_estimated)
    o.flag("cost_estimated", true);
  o.number("calls", r.calls);
  o.number("attempts", r.attempts);
  if (r.cache_hit)
    o.flag("cache_hit", true);
  o.text_if("same_as", r.same_as);
  o.number("took_ns", r.took.count());
  if (r.first_token != duration())
    o.number("first_token_ns", r.first_token.count());
  if (r.failure)
    append_failure(o.member("failure"), r.failure);
  o.text_if("origin", r.origin);
  // As strings: their numbers keep their digits, and whatever they hold, this is JSON.
  o.text_if("columns", r.columns);
  o.text_if("body", r.body);
  o.close();
  return to;
}

batch_result read_result(const journal_record& from) {
  if (!is_result(from.kind))
    refuse(from, "it is no result");
  error_code ec;
  codec::json_problem problem;
  const auto v = codec::parse_json(from.payload, ec, problem);
  if (ec || !v.is_object())
    refuse(from, ec ? problem.reason : "it is no JSON object");
  if (codec::uint_at(v, "v").value_or(0) != version)
    refuse(from, "another version of weir has written it");
  batch_result r;
  r.id = from.id;
  r.index = from.index;
  r.outcome = static_cast<outcome>(from.kind - record_kind(outcome::complete));
  r.provider = text_at(v, "provider");
  r.model = text_at(v, "model");
  if (const auto* u = codec::find(v, "usage"))
    r.usage = read_usage(*u);
  if (const auto cost = codec::string_at(v, "cost"))
    r.cost = money::parse(*cost);
  r.currency = text_at(v, "currency");
  r.cost_estimated = codec::bool_at(v, "cost_estimated").value_or(false);
  r.calls = static_cast<unsigned>(codec::uint_at(v, "calls").value_or(0));
  r.attempts = static_cast<unsigned>(codec::uint_at(v, "attempts").value_or(0));
  r.cache_hit = codec::bool_at(v, "cache_hit").value_or(false);
  r.same_as = text_at(v, "same_as");
  r.took = duration(codec::int_at(v, "took_ns").value_or(0));
  r.first_token = duration(codec::int_at(v, "first_token_ns").value_or(0));
  if (const auto* f = codec::find(v, "failure"))
    r.failure = read_failure(*f);
  r.origin = text_at(v, "origin");
  r.columns = text_at(v, "columns");
  r.body = text_at(v, "body");
  r.restored = true;
  return r;
}

} // namespace weir::inline v0
