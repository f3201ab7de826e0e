#include "client/cache/call_keys.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "client/cache/cache_key.hpp"
#include "client/cache/canonical_json.hpp"
#include "client/call/http_operation.hpp"
#include "policy/alternatives/fallback_core.hpp"
#include "provider/answer/finish_words.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// The targets that a client may choose from for a call to `own`: a tier, and one of the equivalent targets.
std::vector<target> choices_of(const options& o, const target& own, bool chat) {
  std::vector<target> all;
  if (chat)
    for (const auto& t : o.tiers().list())
      all.push_back(merged(t.to, own));
  if (all.empty())
    all.push_back(own);
  if (o.routing().targets().empty())
    return all;
  std::vector<target> each;
  for (const auto& from : all)
    for (const auto& r : o.routing().targets())
      each.push_back(merged(r.to, from));
  return each;
}

// What an answer's form depends on, beside the body. Empty: chats have one form, streamed or not.
std::string form_of(const call& c, const http_operation& op) {
  std::string form;
  if (op.what() == task_kind::text_generation)
    form = c.streamed ? "stream" : "whole";
  if (op.keeps_raw())
    form = c.streamed ? "raw stream" : "raw whole";
  if (const auto* ask = c.op->as_chat(); ask && ask->include_usage() == false)
    form += " without usage";
  return form;
}

class call_keys final : public cache_keys {
public:
  explicit call_keys(std::shared_ptr<router> routes) : routes_(std::move(routes)) {}

  asio::awaitable<std::optional<std::string>> key_of(const call& c, bool any_temperature) override {
    const auto op = std::static_pointer_cast<const http_operation>(c.op);
    if (!has_cached_answers(*op))
      co_return std::nullopt;
    std::optional<std::string> key;
    try {
      const auto among = choices_of(routes_->settings(), c.to, c.op->as_chat());
      // What the key begins with decides where the call goes.
      if (const auto keys = routes_->key_of(among.front(), op->options()); keys.issues() && keys.last().empty())
        co_await keys.get();
      key = key_for_route(c, *op, among, any_temperature);
    } catch (const error& e) {
      if (e.code() == errc::cancelled || e.code() == errc::deadline_exceeded)
        throw;
      // The call meets the same, and reports it.
    }
    co_return key;
  }

  bool belongs(const target& to, const target& by) const override {
    const auto& o = routes_->settings();
    if (!o.fallback().enabled())
      return true;
    auto among = choices_of(o, to, false);
    for (auto& t : choices_of(o, to, true))
      among.push_back(std::move(t));
    among.push_back(to);
    return std::any_of(among.begin(), among.end(),
                       [&by](const target& t) { return t.origin_id() == by.origin_id() && t.model() == by.model(); });
  }

  bool is_complete(std::string_view finish_reason) const override {
    return provider::ending_of(finish_reason) == provider::ending::complete;
  }

private:
  std::optional<std::string> key_for_route(const call& c, const http_operation& op, const std::vector<target>& among,
                                           bool any_temperature) const {
    const auto& first = among.front();
    const auto route = routes_->route(op.what(), first, op.options());
    const auto request = op.request(route, false);
    const auto body = canonical(request->body);
    if (!body)
      return std::nullopt;
    const bool wanted = any_temperature || body->deterministic || op.what() == task_kind::feature_extraction;
    if (!wanted)
      return std::nullopt;
    const auto form = form_of(c, op);
    const auto scope = credential_scope(first.key(), route);
    if (scope.empty())
      return std::nullopt;
    const auto& o = routes_->settings();
    const auto place = o.unix_socket() + '\n' + o.client_certificate();
    key_parts p;
    p.place = place;
    p.task = op.name();
    p.form = form;
    p.provider = route.provider;
    p.scope = scope;
    p.tenant = op.options().tenant();
    if (among.size() > 1 || !(first == c.to)) {
      p.among.push_back(std::to_string(routes_->settings().tiers().list().size()) + " tiers");
      for (const auto& t : among)
        p.among.push_back(t.model_id());
    }
    p.body = body->text;
    p.sent = request.get();
    return cache_key(p);
  }

  const std::shared_ptr<router> routes_;
};

} // namespace

bool has_cached_answers(const http_operation& op) noexcept {
  switch (op.what()) {
  case task_kind::chat:
  case task_kind::text_generation: return true;
  case task_kind::feature_extraction: {
    const auto* task = dynamic_cast<const job_operation*>(&op);
    return task && task->task()->inputs().empty();
  }
  default: return false;
  }
}

std::shared_ptr<cache_keys> make_call_keys(std::shared_ptr<router> routes) {
  return std::make_shared<call_keys>(std::move(routes));
}

} // namespace weir::inline v0
