#include <weir/client/otlp.hpp>

#include <atomic>
#include <string>
#include <utility>

#include "client/otlp/otlp_source.hpp"
#include "http/message/url.hpp"

namespace weir::inline v0 {

namespace {

constexpr std::string_view default_endpoint = "http://localhost:4318";

post_settings posting(const otlp& settings) {
  post_settings s;
  s.url = settings.endpoint().empty() ? default_endpoint : settings.endpoint();
  s.headers = settings.headers();
  s.proxy = settings.proxy();
  s.ca_file = settings.ca_file();
  s.deadline = settings.deadline();
  return s;
}

std::string base_of(const otlp& settings) {
  if (settings.interval() <= duration() || settings.deadline() <= duration())
    throw error(errc::invalid_configuration, "otlp: interval and deadline must be greater than 0");
  std::string target;
  try {
    target = http::parse_url(posting(settings).url).target;
  } catch (const error& e) {
    throw error(errc::malformed_url, "otlp.endpoint: " + e.failure().message());
  }
  if (target.find('?') != target.npos)
    throw error(errc::malformed_url, "otlp.endpoint: a path is added to it, so it cannot have a query");
  return target.substr(0, target.find_last_not_of('/') + 1);
}

} // namespace

class otlp_exporter::state {
public:
  explicit state(const otlp& settings)
      : grace(settings.grace()), source(std::make_shared<otlp_source>(settings, base_of(settings))),
        poster(posting(settings), source, settings.interval()) {}
  ~state() {
    poster.stop(used ? grace : duration());
    source->close();
  }

  const duration grace;
  const std::shared_ptr<otlp_source> source;
  std::atomic<bool> used = false; // if not, there is nothing to wait for
  json_poster poster;
};

otlp_exporter::otlp_exporter(std::unique_ptr<state> s) noexcept : state_(std::move(s)) {}
otlp_exporter::~otlp_exporter() = default;

std::shared_ptr<otlp_exporter> otlp_exporter::make(otlp settings) {
  return std::shared_ptr<otlp_exporter>(new otlp_exporter(std::make_unique<state>(settings)));
}

void otlp_exporter::call_begun(const call_record&) noexcept {
  state_->used = true;
  state_->source->metrics().call_begun();
}

void otlp_exporter::attempt_ended(const call_record& call, const attempt& a) noexcept {
  state_->source->metrics().attempt_ended(call, a);
}

void otlp_exporter::call_ended(const call_record& call) noexcept {
  state_->source->metrics().call_ended(call);
  if (state_->source->record(call))
    state_->poster.wake();
}

void otlp_exporter::spent(std::string_view provider, std::string_view model, std::string_view key,
                          std::string_view tier, std::string_view currency, double amount) noexcept {
  state_->source->metrics().spent(provider, model, key, tier, currency, amount);
}

void otlp_exporter::unpriced(std::string_view provider, std::string_view model) noexcept {
  state_->source->metrics().unpriced(provider, model);
}

void otlp_exporter::gauges(std::function<std::vector<gauge>()> source) {
  state_->source->metrics().gauges(std::move(source));
}

bool otlp_exporter::flush(duration limit) noexcept { return state_->poster.flush(limit); }

otlp_stats otlp_exporter::stats() const { return state_->source->stats(); }

} // namespace weir::inline v0
