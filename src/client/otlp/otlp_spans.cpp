#include <algorithm>
#include <utility>

#include "client/otlp/otlp_json.hpp"
#include "client/otlp/otlp_values.hpp"
#include "core/ascii.hpp"

namespace weir::inline v0 {

namespace json = codec::json;

namespace {

constexpr int kind_client = 3;
constexpr int status_error = 2;

std::shared_ptr<attempt> without_payload(const attempt& a) {
  auto copy = std::make_shared<attempt>();
  copy->provider = a.provider;
  copy->model = a.model;
  copy->url = a.url;
  copy->key = a.key;
  copy->number = a.number;
  copy->hedge = a.hedge;
  copy->continuation = a.continuation;
  copy->begun = a.begun;
  copy->queued = a.queued;
  copy->cold_start = a.cold_start;
  copy->connection = a.connection;
  copy->sent = a.sent;
  copy->first_byte = a.first_byte;
  copy->first_token = a.first_token;
  copy->longest_gap = a.longest_gap;
  copy->ended = a.ended;
  copy->status = a.status;
  copy->request_id = a.request_id;
  copy->bytes = a.bytes;
  copy->events = a.events;
  copy->maybe_billed = a.maybe_billed;
  copy->cache_hit = a.cache_hit;
  copy->cache_stale = a.cache_stale;
  copy->shared = a.shared;
  copy->cache_age = a.cache_age;
  copy->failure = a.failure;
  return copy;
}

// `digits` of hexadecimal, and never all zeros, which stands for no id.
std::string new_id(random_source& random, std::size_t digits) {
  std::string id;
  while (id.size() < digits)
    for (auto n = random.next() | 1; n && id.size() < digits; n >>= 4)
      id += hex_digit(static_cast<unsigned>(n & 15));
  return id;
}

class span_context {
public:
  span_context(const std::string& trace, const std::string& parent, random_source& random)
      : trace_id(trace), parent_id(parent), span_id(new_id(random, 16)) {}
  const std::string& trace_id;
  const std::string& parent_id; ///< Empty: the trace begins here.
  const std::string span_id;
};

using wall_clock = std::chrono::system_clock;

json::object span(const span_context& in, std::string_view name, wall_clock::time_point begin, duration length) {
  json::object o;
  o["traceId"] = in.trace_id;
  o["spanId"] = in.span_id;
  if (!in.parent_id.empty())
    o["parentSpanId"] = in.parent_id;
  o["name"] = name;
  o["kind"] = kind_client;
  o["startTimeUnixNano"] = nanoseconds_text(begin);
  o["endTimeUnixNano"] = nanoseconds_text(begin + std::chrono::duration_cast<wall_clock::duration>(length));
  return o;
}

void add_attributes(json::object& to, const std::vector<attribute>& list,
                    const std::vector<std::pair<std::string, std::string>>& tags = {}) {
  json::array all;
  all.reserve(list.size() + tags.size());
  for (const auto& a : list)
    all.push_back(key_value(a));
  for (auto tag = tags.begin(); tag != tags.end(); ++tag) {
    // Names of attributes are unique: the last one counts.
    const auto same = [tag](const auto& later) { return later.first == tag->first; };
    if (tag->first != traceparent_tag && std::none_of(tag + 1, tags.end(), same))
      all.push_back(key_value("weir.tag." + tag->first, tag->second));
  }
  to["attributes"] = std::move(all);
}

void add_status(json::object& to, std::string_view error, const failure& why) {
  json::object status;
  if (!error.empty()) {
    status["code"] = status_error;
    if (!why.message().empty())
      status["message"] = why.message();
  }
  to["status"] = std::move(status);
}

void add_call(const ended_call& ended, random_source& random, json::array& to) {
  const auto& call = ended.record;
  const auto trace = ended.parent ? ended.parent->trace_id : new_id(random, 32);
  const auto parent = ended.parent ? ended.parent->span_id : std::string();
  const span_context in(trace, parent, random);
  auto own = span(in, span_name(call), call.started, call.ended);
  add_attributes(own, attributes(call), call.tags);
  add_status(own, otel_error_type(call), call.failure);
  to.push_back(std::move(own));
  for (const auto& a : call.attempts) {
    // One that was abandoned has no end of its own.
    const auto length = a->ended > duration() ? a->ended : std::max(duration(), call.ended - a->begun);
    const span_context below(trace, in.span_id, random);
    auto one =
        span(below, "attempt", call.started + std::chrono::duration_cast<wall_clock::duration>(a->begun), length);
    add_attributes(one, attributes(call, *a));
    add_status(one, otel_error_type(a->failure), a->failure);
    to.push_back(std::move(one));
  }
}

} // namespace

ended_call::ended_call(const call_record& call) : record(call) {
  for (auto& a : record.attempts)
    a = without_payload(*a);
  for (const auto& [name, value] : record.tags)
    if (name == traceparent_tag)
      parent = parse_traceparent(value);
}

std::string traces_json(const otlp_resource& of, const std::vector<ended_call>& calls, random_source& random) {
  json::array spans;
  for (const auto& c : calls)
    add_call(c, random, spans);
  json::object scope;
  scope["scope"] = scope_json();
  scope["spans"] = std::move(spans);
  json::object resource;
  resource["resource"] = resource_json(of);
  resource["scopeSpans"].emplace_array().push_back(std::move(scope));
  json::object request;
  request["resourceSpans"].emplace_array().push_back(std::move(resource));
  return codec::to_text(request);
}

std::uint64_t rejected_spans(std::string_view answer) {
  error_code ec;
  const auto v = codec::parse_json(answer, ec);
  const auto* partial = ec ? nullptr : codec::find(v, "partialSuccess");
  const auto* n = partial ? codec::find(*partial, "rejectedSpans") : nullptr;
  if (!n)
    return 0;
  if (const auto number = codec::uint_at(*partial, "rejectedSpans"))
    return *number;
  const auto text = codec::string_at(*partial, "rejectedSpans").value_or("");
  std::uint64_t count = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || count > UINT64_MAX / 16)
      return 0;
    count = count * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return count;
}

} // namespace weir::inline v0
