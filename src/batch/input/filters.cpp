// Sources made from sources.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <weir/batch/input.hpp>
#include <weir/core/error.hpp>

#include "batch/input/selection.hpp"
#include "core/async/ration.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

// So many items that are left out in a row are one turn of the executor.
constexpr unsigned turn = 1024;
constexpr std::size_t beginning = 4096;
constexpr std::size_t most_ordered = 1'000'000;

template <class Keep>
class filtered : public batch_source {
public:
  filtered(std::unique_ptr<batch_source> from, Keep keep) : from_(std::move(from)), keep_(keep) {}
  asio::awaitable<std::optional<batch_item>> next() override {
    for (unsigned n = 1;; ++n) {
      auto item = co_await from_->next();
      if (!item || keep_(item->id()))
        co_return item;
      if (n % turn == 0)
        co_await give_way();
    }
  }

private:
  std::unique_ptr<batch_source> from_;
  Keep keep_;
};

class limited_source : public batch_source {
public:
  limited_source(std::unique_ptr<batch_source> from, std::uint64_t n) : from_(std::move(from)), left_(n), most_(n) {}
  asio::awaitable<std::optional<batch_item>> next() override {
    if (left_ == 0)
      co_return std::nullopt;
    --left_;
    auto item = co_await from_->next();
    co_return item;
  }
  std::optional<std::uint64_t> size() const override {
    const auto all = from_->size();
    return all ? std::optional(std::min(*all, most_)) : std::nullopt;
  }

private:
  std::unique_ptr<batch_source> from_;
  std::uint64_t left_, most_;
};

void add_text(std::string& to, std::string_view text) {
  to += text.substr(0, beginning - std::min(beginning, to.size()));
  to += '\0';
}

std::string beginning_of(const chat& c) {
  std::string all;
  add_text(all, c.model());
  for (const auto& t : c.tools()) {
    add_text(all, t.name());
    add_text(all, t.description());
    add_text(all, t.parameters());
  }
  for (const auto& m : c.messages()) {
    if (all.size() >= beginning)
      break;
    add_text(all, m.role());
    if (m.content())
      add_text(all, *m.content());
    for (const auto& p : m.parts())
      add_text(all, p.value());
  }
  return all;
}

std::string beginning_of(const text_generation& t) {
  std::string all;
  add_text(all, t.model());
  add_text(all, t.prompt());
  return all;
}

// No provider keeps prefixes of these; those of one model stay together.
std::string beginning_of(const task_request& t) { return t.model(); }

class ordered_source : public batch_source {
public:
  ordered_source(std::unique_ptr<batch_source> from, std::size_t window) : from_(std::move(from)), window_(window) {}
  asio::awaitable<std::optional<batch_item>> next() override {
    if (given_ == held_.size()) {
      held_.clear();
      given_ = 0;
      while (held_.size() < window_) {
        auto item = co_await from_->next();
        if (!item)
          break;
        auto key = std::visit([](const auto& r) { return beginning_of(r); }, item->request());
        held_.emplace_back(std::move(key), *std::move(item));
      }
      std::stable_sort(held_.begin(), held_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (auto& one : held_)
        one.first = {};
    }
    if (held_.empty())
      co_return std::nullopt;
    co_return std::move(held_[given_++].second);
  }
  std::optional<std::uint64_t> size() const override { return from_->size(); }

private:
  std::unique_ptr<batch_source> from_;
  std::size_t window_, given_ = 0;
  std::vector<std::pair<std::string, batch_item>> held_;
};

template <class Keep>
std::unique_ptr<batch_source> filter(std::unique_ptr<batch_source> from, Keep keep) {
  return std::make_unique<filtered<Keep>>(std::move(from), keep);
}

} // namespace

std::unique_ptr<batch_source> part_of(std::unique_ptr<batch_source> from, unsigned k, unsigned n) {
  in_part({}, k, n); // throws
  return filter(std::move(from), [k, n](const std::string& id) { return in_part(id, k, n); });
}

std::unique_ptr<batch_source> limited(std::unique_ptr<batch_source> from, std::uint64_t n) {
  return std::make_unique<limited_source>(std::move(from), n);
}

std::unique_ptr<batch_source> sampled(std::unique_ptr<batch_source> from, double share, std::uint64_t seed) {
  const auto largest = input::largest_lot(share);
  const bool none = share == 0;
  return filter(std::move(from),
                [largest, seed, none](const std::string& id) { return !none && input::lot_of(id, seed) <= largest; });
}

std::unique_ptr<batch_source> prefix_ordered(std::unique_ptr<batch_source> from, std::size_t window) {
  if (window == 0 || window > most_ordered)
    throw error(errc::invalid_argument, "the window of an order is from 1 to 1,000,000 items");
  return std::make_unique<ordered_source>(std::move(from), window);
}

} // namespace weir::inline v0
