#include <weir/client/webhook.hpp>

#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "client/post/json_poster.hpp"
#include "codec/json/json.hpp"
#include "http/message/url.hpp"

namespace weir::inline v0 {

namespace {

// The messages that wait, bounded. Thread safety: safe.
class message_queue final : public post_source {
public:
  message_queue(std::string target, std::size_t max) : target_(std::move(target)), max_(max) {}

  void add(std::string body) {
    const std::lock_guard lock(mutex_);
    bodies_.push_back(std::move(body));
    if (bodies_.size() > max_) {
      bodies_.pop_front();
      ++stats_.dropped;
    }
  }

  std::optional<json_post> next(bool) noexcept override {
    const std::lock_guard lock(mutex_);
    sending_ = false;
    if (bodies_.empty())
      return std::nullopt;
    sending_ = true;
    json_post p(target_, std::move(bodies_.front()));
    bodies_.pop_front();
    return p;
  }

  void ended(const json_post&, const post_result& r) noexcept override {
    const std::lock_guard lock(mutex_);
    sending_ = false;
    ++(r.delivered() ? stats_.sent : stats_.dropped);
    if (!r.delivered())
      stats_.last_error = r.why.message();
  }

  webhook_stats stats() const {
    const std::lock_guard lock(mutex_);
    auto s = stats_;
    s.waiting = bodies_.size() + (sending_ ? 1 : 0);
    return s;
  }

private:
  const std::string target_;
  const std::size_t max_;
  mutable std::mutex mutex_;
  std::deque<std::string> bodies_;
  bool sending_ = false;
  webhook_stats stats_;
};

post_settings posting(const std::string& url, const webhook_options& o) {
  post_settings s;
  s.url = url;
  s.headers = o.headers();
  s.proxy = o.proxy();
  s.ca_file = o.ca_file();
  s.deadline = o.deadline();
  return s;
}

} // namespace

class webhook::state {
public:
  state(const std::string& url, const webhook_options& o)
      : grace(o.grace()), queue(std::make_shared<message_queue>(http::parse_url(url).target, o.max_waiting())),
        poster(posting(url, o), queue) {}
  ~state() { poster.stop(grace); }

  const duration grace;
  const std::shared_ptr<message_queue> queue;
  json_poster poster;
};

webhook::webhook(std::string url, webhook_options o) : state_(std::make_unique<state>(url, o)) {}
webhook::~webhook() = default;

void webhook::post(std::string text, std::string json_object) {
  codec::json::object body;
  body["text"] = text;
  if (!json_object.empty()) {
    const auto more = codec::parse_argument(json_object, "the members of a webhook's message");
    if (!more.is_object())
      throw error(errc::invalid_argument, "the members of a webhook's message are not a JSON object");
    for (const auto& [name, value] : more.get_object())
      if (name != "text")
        body.emplace(name, value);
  }
  state_->queue->add(codec::to_text(body));
  state_->poster.wake();
}

bool webhook::flush(duration limit) noexcept { return state_->poster.flush(limit); }

webhook_stats webhook::stats() const { return state_->queue->stats(); }

} // namespace weir::inline v0
