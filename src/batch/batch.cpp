#include <weir/batch/batch.hpp>

#include <string>
#include <utility>

#include <weir/batch/provider_batch.hpp>
#include <weir/store/journal.hpp>

#include "batch/engine/job.hpp"

namespace weir::inline v0 {

namespace asio = boost::asio;

namespace {

batch_engine::ask_options ask_options_of(const batch_options& o) {
  batch_engine::ask_options a;
  a.streamed = o.streamed();
  a.prices = o.prices();
  a.schema = o.schema();
  if (!o.files().empty())
    a.files = std::make_shared<result_files>(o.files(), o.force());
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
  state(std::unique_ptr<batch_engine::asker> by, batch_options o, std::shared_ptr<result_files> files = nullptr)
      : job(std::move(by), o, std::move(files)), journal_(o.journal()) {}

  static asio::awaitable<batch_report> run(std::shared_ptr<state> self, batch_source& from, batch_sink& to) {
    if (const auto n = self->journal_ ? unsettled_items(*self->journal_) : 0; n != 0)
      throw error(errc::invalid_argument,
                  std::to_string(n) +
                      " items of the journal are in batches at a provider, and would be paid for twice: "
                      "let a provider_batch fetch or cancel them first");
    auto running = job::run(self, from, to);
    auto report = co_await std::move(running);
    co_return report;
  }

private:
  const std::shared_ptr<weir::journal> journal_;
};

batch::batch(client& by, batch_options o) {
  const auto how = ask_options_of(o);
  auto asks = batch_engine::ask_by(by, how);
  state_ = std::make_shared<state>(std::move(asks), std::move(o), how.files);
}
batch::batch(client_group& by, batch_options o) {
  const auto how = ask_options_of(o);
  auto asks = batch_engine::ask_by(by, how);
  state_ = std::make_shared<state>(std::move(asks), std::move(o), how.files);
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

asio::awaitable<batch_report> batch::run(batch_source& from, batch_sink& to) { return state::run(state_, from, to); }
void batch::drain() noexcept { state_->want(false); }
void batch::stop() noexcept { state_->want(true); }
batch_progress batch::progress() const { return state_->progress(); }

} // namespace weir::inline v0
