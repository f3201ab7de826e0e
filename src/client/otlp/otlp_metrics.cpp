#include <utility>

#include "client/otlp/otlp_json.hpp"
#include "client/otlp/otlp_values.hpp"

namespace weir::inline v0 {

namespace json = codec::json;

namespace {

constexpr int cumulative = 2;

json::object point(const metric_point& p, const std::string& since, const std::string& now) {
  json::object o;
  json::array labels;
  labels.reserve(p.labels.size());
  for (const auto& [name, value] : p.labels)
    labels.push_back(key_value(name, value));
  o["attributes"] = std::move(labels);
  o["startTimeUnixNano"] = since;
  o["timeUnixNano"] = now;
  return o;
}

void add_distribution(json::object& to, const histogram& h, const histogram_bounds& bounds) {
  to["count"] = int64_text(h.total());
  to["sum"] = h.sum;
  json::array counts, limits;
  for (const auto n : h.counts)
    counts.push_back(json::value(int64_text(n)));
  for (const auto b : bounds)
    limits.push_back(b);
  to["bucketCounts"] = std::move(counts);
  to["explicitBounds"] = std::move(limits);
}

json::object metric(const metric_family& f, const std::string& since, const std::string& now) {
  using kind = metric_family::kind;
  json::array points;
  points.reserve(f.points.size());
  for (const auto& p : f.points) {
    auto one = point(p, since, now);
    switch (f.type) {
    case kind::counter: one["asInt"] = int64_text(static_cast<std::uint64_t>(p.value)); break;
    case kind::amount:
    case kind::gauge: one["asDouble"] = p.value; break;
    case kind::histogram: add_distribution(one, p.distribution, f.bounds()); break;
    }
    points.push_back(std::move(one));
  }
  json::object data;
  data["dataPoints"] = std::move(points);
  if (f.type != kind::gauge)
    data["aggregationTemporality"] = cumulative;
  if (f.type == kind::counter || f.type == kind::amount)
    data["isMonotonic"] = true;
  json::object o;
  o["name"] = f.name;
  o["description"] = f.help;
  o["unit"] = f.unit;
  o[f.type == kind::histogram ? "histogram" : f.type == kind::gauge ? "gauge" : "sum"] = std::move(data);
  return o;
}

} // namespace

std::string metrics_json(const otlp_resource& of, const std::vector<metric_family>& families,
                         std::chrono::system_clock::time_point since, std::chrono::system_clock::time_point now) {
  const auto from = nanoseconds_text(since), to = nanoseconds_text(now);
  json::array metrics;
  for (const auto& f : families)
    if (!f.points.empty())
      metrics.push_back(metric(f, from, to));
  json::object scope;
  scope["scope"] = scope_json();
  scope["metrics"] = std::move(metrics);
  json::object resource;
  resource["resource"] = resource_json(of);
  resource["scopeMetrics"].emplace_array().push_back(std::move(scope));
  json::object request;
  request["resourceMetrics"].emplace_array().push_back(std::move(resource));
  return codec::to_text(request);
}

} // namespace weir::inline v0
