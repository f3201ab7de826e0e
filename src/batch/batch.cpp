#include <weir/batch/batch.hpp>

#include <utility>

#include "batch/engine/job.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

batch_engine::ask_options ask_options_of(const batch_options& o) {
  batch_engine::ask_options a;
  a.streamed = o.streamed();
  a.prices = o.prices();
  a.schema = o.schema();
  return a;
}

class container_source final : public batch_source {
public:
  explicit container_source(std::vector<batch_item> items) : items_(std::move(items)) {}
  asio::awaitable<std::optional<batch_item>> next() override {
    if (at_ == items_.size())
      co_return std::nullopt;
    co_return std::move(items_[at_++]);
  }
  std::optional<std::uint64_t> size() const override { return items_.size(); }

private:
  std::vector<batch_item> items_;
  std::size_t at_ = 0;
};

} // namespace

std::unique_ptr<batch_source> items_of(std::vector<batch_item> items) {
  return std::make_unique<container_source>(std::move(items));
}

class batch::state : public batch_engine::job {
public:
  using job::job;
};

batch::batch(client& by, batch_options o) {
  auto asks = batch_engine::ask_by(by, ask_options_of(o));
  state_ = std::make_shared<state>(std::move(asks), std::move(o));
}
batch::batch(client_group& by, batch_options o) {
  auto asks = batch_engine::ask_by(by, ask_options_of(o));
  state_ = std::make_shared<state>(std::move(asks), std::move(o));
}
batch::batch(ask by, batch_options o)
    : state_(std::make_shared<state>(batch_engine::ask_by(std::move(by)), std::move(o))) {}
batch::batch(batch&&) noexcept = default;
batch& batch::operator=(batch&& other) noexcept {
  if (this != &other) {
    if (state_)
      state_->want(true);
    state_ = std::move(other.state_);
  }
  return *this;
}
batch::~batch() {
  if (state_)
    state_->want(true);
}

asio::awaitable<batch_report> batch::run(batch_source& from, batch_sink& to) {
  return batch_engine::job::run(state_, from, to);
}
void batch::drain() noexcept { state_->want(false); }
void batch::stop() noexcept { state_->want(true); }
batch_progress batch::progress() const { return state_->progress(); }

} // namespace weir::inline v0
