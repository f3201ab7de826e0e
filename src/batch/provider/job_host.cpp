#include "batch/provider/job_host.hpp"

#include <boost/asio/this_coro.hpp>

#include <utility>

#include <weir/core/executor.hpp>
#include <weir/task/completion.hpp>

#include "batch/engine/no_longer_saved.hpp"
#include "batch/output/answer_json.hpp"
#include "batch/output/record.hpp"
#include "batch/provider/journal_writer.hpp"
#include "codec/json/json_in_text.hpp"

namespace weir::inline v0::vendor_batch {

namespace asio = boost::asio;

namespace {

// Results on their way to the journal and the sink.
constexpr std::size_t most_outstanding = 256;

bool is_answer(std::uint8_t kind) noexcept {
  return kind == record_kind(outcome::complete) || kind == record_kind(outcome::length) ||
         kind == record_kind(outcome::filtered);
}

std::string place_of(const batch_item& item) {
  return item.origin().empty() || item.origin() == item.id() ? std::string() : " (" + item.origin() + ")";
}

} // namespace

job_host::job_host(journal& kept, batch_sink& to, const provider_batch_options& o, batch_charge charge,
                   const asio::any_io_executor& ex)
    : journal_(kept), to_(to), replay_(o.replay()), force_(o.force()), schema_(o.schema()), charge_(std::move(charge)),
      tally_(time_of(ex).now()), arrived_(ex), room_(ex),
      inbox_(std::make_shared<batch_engine::inbox<arrival>>(scope_of(ex)->inner(), [this] {
        rung_ = true;
        arrived_.ring();
      })) {}

job_host::~job_host() { inbox_->close(); }

std::uint64_t job_host::fingerprint(const batch_item& item) const {
  return item.fingerprint() == 0 && !item.rejection() ? batch_fingerprint(item.request()) : item.fingerprint();
}

bool job_host::is_done(const std::string& id, std::uint64_t fingerprint) const {
  const auto known = journal_.find(id);
  return known && is_answer(known->kind) && known->fingerprint == fingerprint;
}

bool job_host::is_answered(const std::string& id, std::uint64_t fingerprint, std::uint64_t since) const {
  const auto known = journal_.find(id);
  return known && is_answer(known->kind) && (known->fingerprint == fingerprint || known->position > since);
}

void job_host::check(const batch_item& item, std::uint64_t fingerprint) const {
  const auto known = journal_.find(item.id());
  if (!known)
    return;
  if (known->position >= journal_.begun_at())
    throw error(errc::invalid_argument,
                "the id \"" + item.id() + "\" comes twice" + place_of(item) + ": each item needs an id of its own");
  // Of an answer that is not complete nothing is lost.
  if (known->kind == record_kind(outcome::complete) && known->fingerprint != fingerprint)
    refuse_changed(item);
}

void job_host::refuse_changed(const batch_item& item) const {
  if (force_)
    return;
  throw error(errc::invalid_argument, "the item \"" + item.id() + "\"" + place_of(item) +
                                          " was submitted or answered in an earlier run, and its request has changed "
                                          "since: undo the change, use another journal, or force it to be asked again");
}

asio::awaitable<void> job_host::restored(std::string id, const batch_item* item, std::uint64_t index) {
  throw_if_failed();
  const auto known = journal_.find(id);
  if (!known || known->position >= journal_.begun_at())
    co_return;
  arrival a;
  a.wanted = replay_;
  if (replay_)
    a.result = read_result(journal_.read(known->position));
  a.result.id = std::move(id);
  a.result.outcome = static_cast<outcome>(known->kind - record_kind(outcome::complete));
  a.result.restored = true;
  if (item) {
    a.result.index = item->place().value_or(index);
    a.result.columns = item->columns();
    a.result.origin = item->origin();
  }
  ++outstanding_;
  inbox_->put(std::move(a));
  co_await wait_for_room();
}

void job_host::describe(batch_result& r, wall_point now) const {
  const auto* answer = std::any_cast<completion>(&r.value);
  if (!answer)
    return;
  body_defaults d;
  d.id = answer->info.id;
  d.model = r.model;
  d.created = seconds_of(now);
  r.body = answer_body(*answer, d);
  if (!schema_ || r.outcome != outcome::complete)
    return;
  if (const auto wrong = schema_->check(codec::json_in_text(answer->text())); !wrong.empty()) {
    r.failure = failure(errc::unexpected_content, "the answer does not fit the schema: " + wrong);
    r.outcome = outcome::failed;
  }
}

asio::awaitable<void> job_host::take(batch_result r, std::uint64_t fingerprint) {
  throw_if_failed();
  const auto& time = time_of(co_await asio::this_coro::executor);
  describe(r, time.wall());
  if (r.calls != 0) {
    charge_.enter(r, time.wall());
    tally_.called(r, time.now());
  }
  auto record = result_record(r, fingerprint);
  const auto held = std::make_shared<arrival>();
  held->result = std::move(r);
  ++outstanding_;
  journal_.append(std::move(record), [box = inbox_, held](error_code ec) {
    held->ec = ec;
    box->put(std::move(*held));
  });
  co_await wait_for_room();
}

asio::awaitable<void> job_host::wait_for_room() {
  while (outstanding_ >= most_outstanding && !failed_)
    co_await room_.wait();
  throw_if_failed();
}

asio::awaitable<void> job_host::flush() {
  while (outstanding_ != 0 && !failed_)
    co_await room_.wait();
  throw_if_failed();
}

asio::awaitable<void> job_host::write_all() {
  while (!failed_ && !(ending_ && outstanding_ == 0)) {
    rung_ = false;
    auto arrivals = inbox_->take();
    for (auto& a : arrivals) {
      if (a.ec && !failed_)
        failed_ = std::make_exception_ptr(error(batch_engine::no_longer_saved(journal_)));
      if (!failed_) {
        tally_.done_at_once(a.result);
        if (a.wanted) {
          auto writing = write(std::move(a.result));
          co_await std::move(writing);
        }
      }
      --outstanding_;
      room_.ring();
    }
    while (!rung_ && !failed_ && !(ending_ && outstanding_ == 0))
      co_await arrived_.wait();
  }
  room_.ring();
}

asio::awaitable<void> job_host::write(batch_result r) {
  try {
    auto writing = to_.write(std::move(r));
    co_await std::move(writing);
  } catch (...) {
    failed_ = std::current_exception();
  }
}

void job_host::end() noexcept {
  ending_ = true;
  arrived_.ring();
}

void job_host::throw_if_failed() const {
  if (failed_)
    std::rethrow_exception(failed_);
}

} // namespace weir::inline v0::vendor_batch
