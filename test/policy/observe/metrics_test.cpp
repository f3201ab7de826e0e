// The metrics in Prometheus' text format, read back by an independent reader.
#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <weir/policy/observe/metrics.hpp>

#include "policy/observe/metrics_text.hpp"

using namespace std::chrono_literals;
using namespace weir;

namespace {

using labels = std::map<std::string, std::string>;

// An independent reader of Prometheus' text format, as strict as its specification allows.
class reading {
public:
  explicit reading(const std::string& text) {
    std::istringstream in(text);
    if (!text.empty() && text.back() != '\n')
      throw std::runtime_error("the last line must end with a line feed");
    for (std::string line; std::getline(in, line);)
      read(line);
    for (const auto& [key, value] : samples)
      check_histogram(key.first, key.second);
  }

  double at(const std::string& name, const labels& l = {}) const {
    const auto it = samples.find({name, l});
    return it == samples.end() ? std::nan("") : it->second;
  }
  std::size_t count(const std::string& name) const {
    std::size_t n = 0;
    for (const auto& [key, value] : samples)
      n += key.first == name;
    return n;
  }

  std::map<std::string, std::string> types, helps;
  std::map<std::pair<std::string, labels>, double> samples;

private:
  static bool is_name(const std::string& s) {
    if (s.empty() || std::isdigit(static_cast<unsigned char>(s[0])))
      return false;
    for (const char c : s)
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_')
        return false;
    return true;
  }
  void read(const std::string& line) {
    if (line.starts_with("# HELP ") || line.starts_with("# TYPE ")) {
      const auto space = line.find(' ', 7);
      const auto name = line.substr(7, space - 7);
      auto& into = line[2] == 'H' ? helps : types;
      if (!into.emplace(name, line.substr(space + 1)).second)
        throw std::runtime_error("a family that is described twice: " + line);
      if (line[2] == 'T')
        family_ = name;
      return;
    }
    auto i = line.find_first_of("{ ");
    const auto name = line.substr(0, i);
    labels l;
    if (line.at(i) == '{') {
      ++i;
      while (line.at(i) != '}') {
        const auto eq = line.find('=', i);
        const auto label = line.substr(i, eq - i);
        i = eq + 1;
        if (!is_name(label) || line.at(i++) != '"')
          throw std::runtime_error("bad label: " + line);
        std::string value;
        for (; line.at(i) != '"'; ++i) {
          if (line[i] != '\\')
            value += line[i];
          else if (const char c = line.at(++i); c == 'n')
            value += '\n';
          else if (c == '\\' || c == '"')
            value += c;
          else
            throw std::runtime_error("bad escape: " + line);
        }
        if (!l.emplace(label, value).second)
          throw std::runtime_error("a label twice: " + line);
        if (line.at(++i) == ',')
          ++i;
      }
      ++i;
    }
    if (!is_name(name) || line.at(i) != ' ')
      throw std::runtime_error("bad sample: " + line);
    std::size_t used = 0;
    const auto number = line.substr(i + 1);
    const double v = number == "+Inf" ? INFINITY : std::stod(number, &used);
    if (number != "+Inf" && used != number.size())
      throw std::runtime_error("bad number: " + line);
    const auto base = types[family_] == "histogram" ? name.substr(0, name.rfind('_')) : name;
    if (base != family_)
      throw std::runtime_error("a sample outside of its family: " + line);
    if (!samples.emplace(std::make_pair(name, l), v).second)
      throw std::runtime_error("a sample twice: " + line);
  }
  void check_histogram(const std::string& name, labels l) const {
    if (!name.ends_with("_count") || types.count(name.substr(0, name.size() - 6)) == 0)
      return;
    const auto base = name.substr(0, name.size() - 6);
    const double n = at(name, l);
    l["le"] = "+Inf";
    if (at(base + "_bucket", l) != n)
      throw std::runtime_error(base + ": +Inf is not the count");
    std::map<double, double> buckets;
    for (const auto& [key, v] : samples) {
      auto k = key.second;
      if (key.first != base + "_bucket" || k["le"] == "+Inf")
        continue;
      const auto le = std::stod(k["le"]);
      k["le"] = "+Inf";
      if (k == l)
        buckets[le] = v;
    }
    double before = 0;
    for (const auto& [le, v] : buckets)
      if (std::exchange(before, v) > v)
        throw std::runtime_error(base + ": buckets must not fall");
    if (before > n)
      throw std::runtime_error(base + ": more in a bucket than there are");
  }

  std::string family_;
};

call_record good(std::string model = "llama", std::string provider = "groq") {
  call_record r;
  r.operation = "chat";
  r.provider = std::move(provider);
  r.model = std::move(model);
  r.streamed = true;
  r.outcome = outcome::complete;
  r.first_token = 30ms;
  r.ended = 700ms;
  r.usage.prompt_tokens = 100;
  r.usage.completion_tokens = 4;
  return r;
}

std::shared_ptr<attempt> try_of(unsigned number, std::string provider, std::string model) {
  auto a = std::make_shared<attempt>();
  a->number = number;
  a->provider = std::move(provider);
  a->model = std::move(model);
  return a;
}

void tell(metrics& m, const call_record& r) {
  m.call_begun(r);
  for (const auto& a : r.attempts)
    m.attempt_ended(r, *a);
  m.call_ended(r);
}

const labels llama{
    {"gen_ai_operation_name", "chat"}, {"gen_ai_provider_name", "groq"}, {"gen_ai_request_model", "llama"}};

labels with(labels l, const std::string& name, const std::string& value) {
  l[name] = value;
  return l;
}

} // namespace

TEST_CASE("a call is counted in the conventions' histograms with their buckets") {
  metrics m;
  tell(m, good());
  const reading seen(m.prometheus());
  const std::string time = "gen_ai_client_operation_duration_seconds";
  CHECK(seen.types.at(time) == "histogram");
  CHECK(seen.at(time + "_count", llama) == 1);
  CHECK(seen.at(time + "_sum", llama) == 0.7);
  CHECK(seen.at(time + "_bucket", with(llama, "le", "0.64")) == 0);
  CHECK(seen.at(time + "_bucket", with(llama, "le", "1.28")) == 1);
  CHECK(seen.at(time + "_bucket", with(llama, "le", "81.92")) == 1);
  CHECK(seen.count(time + "_bucket") == 15);
  const std::string tokens = "gen_ai_client_token_usage";
  const auto input = with(llama, "gen_ai_token_type", "input");
  CHECK(seen.at(tokens + "_sum", input) == 100);
  CHECK(seen.at(tokens + "_bucket", with(input, "le", "64")) == 0);
  CHECK(seen.at(tokens + "_bucket", with(input, "le", "256")) == 1);
  CHECK(seen.at(tokens + "_bucket", with(input, "le", "67108864")) == 1);
  // A value on a bound belongs below it.
  CHECK(seen.at(tokens + "_bucket", with(with(llama, "gen_ai_token_type", "output"), "le", "4")) == 1);
  CHECK(seen.at("gen_ai_client_operation_time_to_first_chunk_seconds_sum", llama) == 0.03);
  CHECK(seen.at("weir_calls_total", with(llama, "outcome", "complete")) == 1);
}

TEST_CASE("what is beyond the last bound is only in +Inf") {
  metrics m;
  auto r = good();
  r.ended = 5min;
  tell(m, r);
  const reading seen(m.prometheus());
  CHECK(seen.at("gen_ai_client_operation_duration_seconds_bucket", with(llama, "le", "81.92")) == 0);
  CHECK(seen.at("gen_ai_client_operation_duration_seconds_bucket", with(llama, "le", "+Inf")) == 1);
}

TEST_CASE("unknown usage is not counted as zero, and a non-streamed answer has no first token") {
  metrics m;
  auto r = good();
  r.usage = usage();
  r.streamed = false;
  tell(m, r);
  const reading seen(m.prometheus());
  CHECK(seen.count("gen_ai_client_token_usage_count") == 0);
  CHECK(seen.count("gen_ai_client_operation_time_to_first_chunk_seconds_count") == 0);
}

TEST_CASE("the tokens of an answer from the cache, or of another call, are not counted again") {
  for (const bool cached : {true, false}) {
    metrics m;
    auto r = good();
    tell(m, r);
    r.attempts = {try_of(1, "groq", "llama")};
    r.attempts.back()->cache_hit = cached;
    r.attempts.back()->shared = !cached;
    tell(m, r);
    const reading seen(m.prometheus());
    CHECK(seen.at("gen_ai_client_token_usage_count", with(llama, "gen_ai_token_type", "input")) == 1);
    CHECK(seen.at("gen_ai_client_token_usage_sum", with(llama, "gen_ai_token_type", "input")) == 100);
    CHECK(seen.at("weir_calls_total", with(llama, "outcome", "complete")) == 2);
    CHECK(seen.at("gen_ai_client_operation_duration_seconds_count", llama) == 2);
  }
}

TEST_CASE("failed calls have their error type, and attempts are counted by what they were") {
  metrics m;
  auto r = good();
  r.outcome = outcome::failed;
  r.failure = failure(errc::rate_limited, "x");
  r.attempts = {try_of(1, "groq", "llama-8b"), try_of(2, "groq", "llama-8b"), try_of(3, "together", "Llama-8B"),
                try_of(4, "together", "Llama-8B"), try_of(5, "together", "Llama-8B")};
  r.attempts[0]->failure = failure(errc::server_error, "x");
  r.attempts[0]->maybe_billed = true;
  r.attempts[0]->connection.connect = 20ms;
  r.attempts[1]->queued = 3s;
  r.attempts[1]->connection.reused = true;
  r.attempts[3]->hedge = true;
  r.attempts[4]->continuation = true;
  tell(m, r);
  const reading seen(m.prometheus());
  CHECK(seen.at("gen_ai_client_operation_duration_seconds_count", with(llama, "error_type", "rate_limited")) == 1);
  CHECK(seen.at("gen_ai_client_operation_duration_seconds_count", llama) != 1);
  const auto groq = with(llama, "gen_ai_request_model", "llama-8b");
  const auto together = with(with(llama, "gen_ai_provider_name", "together"), "gen_ai_request_model", "Llama-8B");
  CHECK(seen.at("weir_attempts_total", with(groq, "error_type", "server_error")) == 1);
  CHECK(seen.at("weir_attempts_total", groq) == 1);
  CHECK(seen.at("weir_attempts_total", together) == 3);
  CHECK(seen.at("weir_retries_total", groq) == 1);
  CHECK(seen.at("weir_fallbacks_total", groq) == 0);
  CHECK(seen.at("weir_retries_total", together) == 0);
  CHECK(seen.at("weir_fallbacks_total", together) == 1);
  CHECK(seen.at("weir_hedges_total", together) == 1);
  CHECK(seen.at("weir_continuations_total", together) == 1);
  CHECK(seen.at("weir_maybe_billed_attempts_total", groq) == 1);
  CHECK(seen.at("weir_connections_total", with(groq, "reused", "true")) == 1);
  CHECK(seen.at("weir_connections_total", with(groq, "reused", "false")) == 1);
  CHECK(seen.at("weir_attempt_queue_seconds_sum", groq) == 3);
  CHECK(seen.at("weir_attempt_connect_seconds_count", groq) == 1);
}

TEST_CASE("calls in flight are those that have begun and not ended") {
  metrics m;
  CHECK(reading(m.prometheus()).at("weir_in_flight_calls") == 0);
  const auto r = good();
  m.call_begun(r);
  m.call_begun(r);
  m.call_ended(r);
  CHECK(reading(m.prometheus()).at("weir_in_flight_calls") == 1);
}

TEST_CASE("label values are escaped, and read back as they were") {
  metrics m;
  const std::string model = "a\\b\"c\nd,e=\"f\"}{ \xc3\xa9";
  tell(m, good(model));
  const reading seen(m.prometheus());
  CHECK(seen.at("weir_calls_total", with(with(llama, "gen_ai_request_model", model), "outcome", "complete")) == 1);
}

TEST_CASE("the number of series is capped, and nothing that is counted is lost") {
  metrics m(10);
  for (int i = 0; i < 1000; ++i)
    tell(m, good("model-" + std::to_string(i)));
  tell(m, good("model-3"));
  const reading seen(m.prometheus());
  CHECK(seen.count("weir_calls_total") == 11);
  const labels other{{"gen_ai_operation_name", "other"},
                     {"gen_ai_provider_name", "other"},
                     {"gen_ai_request_model", "other"},
                     {"outcome", "complete"}};
  CHECK(seen.at("weir_calls_total", other) == 990);
  CHECK(seen.at("weir_calls_total", with(with(llama, "gen_ai_request_model", "model-3"), "outcome", "complete")) == 2);
}

TEST_CASE("a value that cannot be a label is counted as other") {
  metrics m;
  tell(m, good(std::string(257, 'x')));
  tell(m, good("\xff\xfe"));
  tell(m, good(std::string(256, 'x')));
  const reading seen(m.prometheus());
  CHECK(seen.count("weir_calls_total") == 2);
}

TEST_CASE("the router and hf-inference are one provider, and so one series") {
  metrics m;
  tell(m, good("llama", "auto"));
  tell(m, good("llama", "hf-inference"));
  const reading seen(m.prometheus());
  CHECK(seen.at("weir_calls_total", with(with(llama, "gen_ai_provider_name", "huggingface"), "outcome", "complete")) ==
        2);
}

TEST_CASE("each chunk of a stream after the first is counted, and their times add up") {
  metrics m;
  auto r = good();
  r.attempts = {try_of(1, "groq", "llama"), try_of(2, "groq", "llama")};
  r.attempts[0]->events = 1; // broke off
  r.attempts[0]->first_token = 10ms;
  r.attempts[0]->ended = 20ms;
  r.attempts[1]->events = 12;
  r.attempts[1]->first_token = 100ms;
  r.attempts[1]->longest_gap = 500ms;
  r.attempts[1]->ended = 700ms;
  tell(m, r);
  r.streamed = false;
  tell(m, r);
  const std::string gaps = "gen_ai_client_operation_time_per_output_chunk_seconds";
  const reading seen(m.prometheus());
  CHECK(seen.at(gaps + "_count", llama) == 11);
  CHECK(seen.at(gaps + "_sum", llama) == doctest::Approx(0.6));
  CHECK(seen.at(gaps + "_bucket", with(llama, "le", "0.01")) == 10);
  CHECK(seen.at(gaps + "_bucket", with(llama, "le", "0.32")) == 10);
  CHECK(seen.at(gaps + "_bucket", with(llama, "le", "0.64")) == 11);
}

TEST_CASE("two chunks have one time between them, whatever the longest read was") {
  metrics m;
  auto r = good();
  r.attempts = {try_of(1, "groq", "llama")};
  r.attempts[0]->events = 2;
  r.attempts[0]->first_token = 100ms;
  r.attempts[0]->longest_gap = 5s;
  r.attempts[0]->ended = 300ms;
  tell(m, r);
  const reading seen(m.prometheus());
  CHECK(seen.at("gen_ai_client_operation_time_per_output_chunk_seconds_count", llama) == 1);
  CHECK(seen.at("gen_ai_client_operation_time_per_output_chunk_seconds_sum", llama) == 0.2);
}

TEST_CASE("tokens that are reported by unit alone are counted too") {
  metrics m;
  auto r = good();
  r.usage = usage();
  r.usage.units.set(usage_unit::input_text, 10);
  r.usage.units.set(usage_unit::cache_read, 90);
  r.usage.units.set(usage_unit::output_reasoning, 7);
  tell(m, r);
  const reading seen(m.prometheus());
  CHECK(seen.at("gen_ai_client_token_usage_sum", with(llama, "gen_ai_token_type", "input")) == 100);
  CHECK(seen.at("gen_ai_client_token_usage_sum", with(llama, "gen_ai_token_type", "output")) == 7);
}

namespace {

labels cost_of(const std::string& currency, const std::string& what, const std::string& tier = {}) {
  labels l{{"currency", currency}, {"provider", what}, {"model", what}, {"key", what}};
  if (!tier.empty())
    l["tier"] = tier;
  return l;
}

} // namespace

TEST_CASE("costs are counted by what they were spent on, and never fall") {
  metrics m;
  m.spent("a", "a", "a", "", "USD", 0.25);
  m.spent("a", "a", "a", "", "USD", 0.5);
  m.spent("a", "a", "a", "", "USD", -0.5);
  m.spent("a", "a", "a", "", "USD", std::nan(""));
  m.spent("a", "a", "a", "flex", "USD", 1);
  m.unpriced("a", "m");
  m.unpriced("a", "m");
  const reading seen(m.prometheus());
  CHECK(seen.types.at("weir_cost_total") == "counter");
  CHECK(seen.at("weir_cost_total", cost_of("USD", "a")) == 0.75);
  CHECK(seen.at("weir_cost_total", cost_of("USD", "a", "flex")) == 1);
  CHECK(seen.count("weir_cost_total") == 2);
  CHECK(seen.at("weir_cost_unpriced_requests_total", {{"provider", "a"}, {"model", "m"}}) == 2);
}

TEST_CASE("the labels of costs are capped, and currencies stay apart") {
  metrics m(5);
  for (int i = 0; i < 1000; ++i) {
    m.spent("p", "m", "key-" + std::to_string(i), "", i % 2 ? "USD" : "EUR", 1);
    m.unpriced("p", "model-" + std::to_string(i));
  }
  m.spent("p", std::string(300, 'x'), "k", "", "USD", 1);
  m.spent("p", "m", "k", "", "\xff", 1);
  for (int i = 0; i < 100; ++i)
    m.spent("p", "m", "k", "", "C" + std::to_string(i), 1);
  const reading seen(m.prometheus());
  double all = 0;
  for (const auto& [key, v] : seen.samples)
    all += key.first == "weir_cost_total" ? v : 0;
  CHECK(all == 1102);
  CHECK(seen.count("weir_cost_total") <= 11);
  CHECK(seen.at("weir_cost_total", cost_of("EUR", "other", "other")) == 497);
  CHECK(seen.at("weir_cost_total", cost_of("USD", "other", "other")) == 499);
  CHECK(seen.count("weir_cost_unpriced_requests_total") == 6);
  CHECK(seen.at("weir_cost_unpriced_requests_total", {{"provider", "other"}, {"model", "other"}}) == 995);
}

TEST_CASE("gauges of others are read, cleaned, and added up where they are the same") {
  metrics m;
  m.gauges([] {
    return std::vector<gauge>{gauge("weir_pool_connections", 3).help("Connections.").label("state", "idle"),
                              gauge("weir_pool_connections", 1).label("state", "leased"),
                              gauge("9 odd-name", 0.5).label("a-b", "x\"y")};
  });
  m.gauges([] { return std::vector<gauge>(1, gauge("weir_pool_connections", 4).label("state", "idle")); });
  const reading seen(m.prometheus());
  CHECK(seen.types.at("weir_pool_connections") == "gauge");
  CHECK(seen.helps.at("weir_pool_connections") == "Connections.");
  CHECK(seen.at("weir_pool_connections", {{"state", "idle"}}) == 7);
  CHECK(seen.at("weir_pool_connections", {{"state", "leased"}}) == 1);
  CHECK(seen.at("_9_odd_name", {{"a_b", "x\"y"}}) == 0.5);
}

TEST_CASE("threads count together without losing anything") {
  metrics m(4);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&m, t] {
      for (int i = 0; i < 2000; ++i) {
        tell(m, good("m" + std::to_string((i + t) % 8)));
        if (i % 500 == 0)
          (void)m.prometheus();
      }
    });
  for (auto& t : threads)
    t.join();
  const reading seen(m.prometheus());
  double all = 0;
  for (const auto& [key, v] : seen.samples)
    all += key.first == "weir_calls_total" ? v : 0;
  CHECK(all == 8000);
  CHECK(seen.at("weir_in_flight_calls") == 0);
}

TEST_CASE("UTF-8 is told from what only looks like it") {
  for (const auto* yes : {"", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    CHECK(is_utf8(yes));
  for (const auto* no : {"\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
                         "\xf5\x80\x80\x80", "\xc2", "\xe2\x82", "\xf0\x9f\x98", "a\xff"})
    CHECK_FALSE(is_utf8(no));
}
