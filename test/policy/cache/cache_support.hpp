// A cached call over a scripted wire, in simulated time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <weir/policy/response_cache.hpp>

#include "policy/cache/cache_layer.hpp"
#include "policy/select/balance_support.hpp"

namespace weir::inline v0::test {

/// A chat with options of its own. Its model is its key.
class cached_operation final : public operation {
public:
  explicit cached_operation(std::string key, call_options own = call_options())
      : key(std::move(key)), own_(std::move(own)) {}
  std::string_view name() const noexcept override { return "chat"; }
  token_estimate tokens() const override { return {}; }
  const weir::chat* as_chat() const noexcept override { return &ask_; }
  const call_options& options() const noexcept override { return own_; }
  const std::string key;

private:
  weir::chat ask_;
  call_options own_;
};

class keys_of_test final : public cache_keys {
public:
  boost::asio::awaitable<std::optional<std::string>> key_of(const call& c, bool any_temperature) override {
    asked_any = any_temperature;
    const auto* op = dynamic_cast<const cached_operation*>(c.op.get());
    if (!op || op->key.empty())
      co_return std::nullopt;
    co_return op->key;
  }
  bool belongs(const target& to, const target& by) const override { return to == by; }
  bool is_complete(std::string_view reason) const override { return reason != "length"; }
  bool asked_any = false;
};

/// What a caller of the cache got.
class answer_seen {
public:
  answer_seen() = default;
  std::string text;
  std::size_t events = 0;
  outcome how = outcome::failed;
  failure why;
  attempt record;
  weir::usage usage;
  bool done = false;
  time_point at{}; ///< When it was done.
};

class cached_wire {
public:
  explicit cached_wire(cache_settings s = cache_settings().any_temperature(true),
                       std::shared_ptr<cache_store> store = nullptr)
      : cache(std::make_shared<response_cache>(s, std::move(store))) {
    top = stack_layers({make_response_cache(cache, keys)}, wire);
  }

  std::shared_ptr<call> begin_call(world& w, std::string key, bool streamed = true, call_options own = call_options(),
                                   time_point deadline = never) {
    auto c = make_call(w.root->child(deadline), target("x/m"), streamed);
    c->op = std::make_shared<cached_operation>(std::move(key), std::move(own));
    return c;
  }

  /// Makes the call and reads its answer to the end, with a pause before each event.
  boost::asio::awaitable<void> read(std::shared_ptr<call> c, std::shared_ptr<answer_seen> out,
                                    duration pause = duration()) {
    const auto& time = time_of(co_await boost::asio::this_coro::executor);
    std::optional<reply> r;
    try {
      r.emplace(co_await begin(top, c));
      if (!c->streamed) {
        out->text = std::any_cast<const completion&>(r->result()).text();
      } else {
        for (;;) {
          if (pause > duration())
            co_await sleep_for(pause);
          const auto e = co_await r->next();
          if (!e)
            break;
          ++out->events;
          out->text += e->text();
        }
      }
    } catch (const error& e) {
      out->why = e.failure();
    } catch (const boost::system::system_error& e) {
      out->why = failure(errc::cancelled, e.what());
    }
    if (r) {
      out->how = r->outcome();
      out->usage = r->usage();
      out->record = r->attempt();
    }
    out->done = true;
    out->at = time.now();
  }

  answer_seen get(world& w, std::string key, bool streamed = true, call_options own = call_options()) {
    const auto out = std::make_shared<answer_seen>();
    last = begin_call(w, std::move(key), streamed, std::move(own));
    w.run([&] { return read(last, out); });
    CHECK(out->done);
    return *out;
  }

  std::shared_ptr<response_cache> cache;
  std::shared_ptr<keys_of_test> keys = std::make_shared<keys_of_test>();
  std::shared_ptr<played_wire> wire = std::make_shared<played_wire>();
  handler_ptr top;
  std::shared_ptr<call> last;
};

inline event finish_event(std::string reason = "stop") {
  auto more = std::make_shared<event::details>();
  more->finish_reason = std::move(reason);
  return event(event::kind::finish, std::string(), 0, std::move(more));
}

inline event usage_event(std::uint64_t prompt, std::uint64_t completion) {
  auto more = std::make_shared<event::details>();
  more->usage.prompt_tokens = prompt;
  more->usage.completion_tokens = completion;
  return event(event::kind::usage, std::string(), 0, std::move(more));
}

/// A complete stream of these pieces, `gap` apart.
inline behaviour pieces(const std::vector<std::string>& texts, duration gap = duration()) {
  behaviour b;
  for (const auto& t : texts)
    b.text(t, gap);
  return b.then(finish_event()).then(usage_event(3, texts.size()));
}

} // namespace weir::inline v0::test
