#include "batch/provider/job_support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <filesystem>
#include <stdexcept>

#include <weir/client/client.hpp>
#include <weir/net/settings.hpp>
#include <weir/store/journal.hpp>

#include "codec/json/json.hpp"
#include "sim/faults/fault.hpp"

namespace weir::inline v0::test {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr int hurry = 30;

// A second lasts a thirtieth of one.
class fast_time final : public time_source {
public:
  fast_time() : steady_(time_point::clock::now()), wall_(std::chrono::system_clock::now()) {}
  time_point now() const noexcept override { return steady_ + hurry * (time_point::clock::now() - steady_); }
  std::chrono::system_clock::time_point wall() const noexcept override {
    return wall_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(now() - steady_);
  }
  void async_wait(asio::any_io_executor ex, time_point when, wait_handler handler) override {
    const auto timer = std::make_shared<asio::steady_timer>(ex);
    if (when != time_point::max())
      timer->expires_after(std::max((when - now()) / hurry, duration()));
    else
      timer->expires_at(time_point::max());
    const auto slot = asio::get_associated_cancellation_slot(handler);
    timer->async_wait(asio::bind_cancellation_slot(
        slot, [timer, h = std::move(handler)](error_code ec) mutable { std::move(h)(ec); }));
  }

private:
  const time_point steady_;
  const std::chrono::system_clock::time_point wall_;
};

// Counts the points between requests and answers, and ends the run at one of them.
class points {
public:
  points(asio::io_context& io, std::size_t last, std::function<void()> at_end)
      : io_(io), last_(last), at_end_(std::move(at_end)) {}
  bool is_last() {
    if (!over && n_++ == last_) {
      over = true;
      at_end_();
      io_.stop();
    }
    return over;
  }
  bool over = false;

private:
  asio::io_context& io_;
  std::size_t n_ = 0;
  const std::size_t last_;
  std::function<void()> at_end_;
};

class counted_stream final : public net::stream {
public:
  counted_stream(net::stream_ptr below, std::shared_ptr<points> p) : below_(std::move(below)), points_(std::move(p)) {}
  std::size_t read_some(asio::mutable_buffer b, error_code& ec) override {
    const auto n = below_->read_some(b, ec);
    if (n != 0 && std::exchange(sends_, false) && points_->is_last()) {
      ec = asio::error::would_block;
      return 0;
    }
    return n;
  }
  std::size_t write_some(asio::const_buffer b, error_code& ec) override {
    if (!std::exchange(sends_, true) && points_->is_last()) {
      ec = asio::error::would_block;
      return 0;
    }
    return below_->write_some(b, ec);
  }
  void async_wait(net::direction d, wait_handler h) override { below_->async_wait(d, std::move(h)); }
  void close() noexcept override { below_->close(); }
  bool idle_and_healthy() noexcept override { return below_->idle_and_healthy(); }
  std::string_view alpn() const noexcept override { return below_->alpn(); }

private:
  net::stream_ptr below_;
  std::shared_ptr<points> points_;
  bool sends_ = false;
};

class counted_connector final : public net::connector {
public:
  explicit counted_connector(std::shared_ptr<points> p) : points_(std::move(p)) {}
  asio::awaitable<net::stream_ptr> connect(net::origin to, net::connect_times& times) override {
    auto connecting = below_->connect(std::move(to), times);
    auto made = co_await std::move(connecting);
    co_return std::make_unique<counted_stream>(std::move(made), points_);
  }

private:
  std::shared_ptr<net::connector> below_ = net::make_connector();
  std::shared_ptr<points> points_;
};

class collected final : public batch_sink {
public:
  collected(job_result& to, std::size_t most) : to_(to), most_(most) {}
  asio::awaitable<void> write(batch_result r) override {
    if (to_.given.size() == most_)
      throw error(errc::not_saved, "the sink is full");
    ++to_.given[r.id];
    error_code ec;
    const auto body = codec::parse_json(r.body, ec);
    to_.texts[r.id] =
        r.failure ? r.failure.code().message()
        : ec      ? "no body"
                  : std::string(codec::string_at(body.at("choices").at(0).at("message"), "content").value_or(""));
    co_return;
  }

private:
  job_result& to_;
  std::size_t most_;
};

void copy_job(const std::string& from, const std::string& to) {
  fs::remove(to);
  fs::remove_all(to + ".parts");
  fs::copy_file(from, to);
  if (fs::exists(from + ".parts"))
    fs::copy(from + ".parts", to + ".parts");
}

void end_with(job_result& to, bool& ended, std::exception_ptr e, batch_report r) {
  to.why = e ? failure_of(e) : failure();
  to.report = std::move(r);
  ended = true;
}

void run_for(asio::io_context& io, const bool& ended, std::chrono::seconds most) {
  io.run_for(most);
  if (!ended && !io.stopped())
    throw std::runtime_error("the job did not end in time");
}

} // namespace

options simulated_api::settings(const std::string& url) const {
  return options()
      .provider(provider)
      .base_url(url + path)
      .model("m")
      .credentials(credentials().default_key(secret("sk-0123456789abcdef")));
}

provider_batch_options simulated_api::how() const {
  return provider_batch_options()
      .api(api)
      .account("me")
      .first_poll(std::chrono::seconds(1))
      .longest_poll(std::chrono::seconds(5));
}

const std::vector<simulated_api>& simulated_apis() {
  static const std::vector<simulated_api> all{
      simulated_api("openai", "openai", "/v1", "openai"),
      simulated_api("novita", "openai", "/novita/v1", "openai"),
      simulated_api("together", "openai", "/together/v1", "together"),
      simulated_api("anthropic", "anthropic", "", "anthropic"),
      simulated_api("gemini", "gemini", "", "gemini"),
      simulated_api("mistral", "openai", "/v1", "mistral"),
      simulated_api("fireworks", "openai", "/v1", "fireworks"),
      simulated_api("xai", "openai", "/xai/v1", "xai"),
      simulated_api("openrouter", "openai", "/api/v1", "openrouter"),
  };
  return all;
}

sim::settings quick_batches(const std::vector<std::string>& faults) {
  sim::settings how;
  how.tls = false;
  how.tokens = 6;
  how.batches.validate = how.batches.finalize = std::chrono::milliseconds(10);
  how.batches.run = std::chrono::milliseconds(60);
  for (const auto& f : faults)
    how.faults.push_back(sim::parse_fault_rule(f));
  return how;
}

std::vector<batch_item> questions(std::size_t n) {
  std::vector<batch_item> all;
  for (std::size_t i = 0; i < n; ++i) {
    auto item = batch_item("r" + std::to_string(i), chat().user("question " + std::to_string(i)).max_tokens(50));
    item.columns("{\"row\":" + std::to_string(i) + "}");
    all.push_back(std::move(item));
  }
  return all;
}

bool job_run::by_batches(std::vector<batch_item> items, std::size_t sudden_end) {
  result = job_result();
  const auto running = journal + ".running";
  if (fs::exists(journal))
    copy_job(journal, running);
  bool ended = false;
  {
    asio::io_context io(1);
    set_time(io, std::make_unique<fast_time>());
    const auto at = std::make_shared<points>(io, sudden_end, [&] { copy_job(running, journal); });
    const auto from = items_of(std::move(items));
    collected to(result, sink_takes);
    auto o = api.how();
    shape(o);
    provider_batch job(api.settings(url).connector(std::make_shared<counted_connector>(at)), o, open_journal(running));
    asio::steady_timer timer(io);
    const std::function<void()> look = [&] {
      timer.expires_after(std::chrono::milliseconds(50));
      timer.async_wait([&](error_code ec) {
        if (ec || ended)
          return;
        while_running(job);
        look();
      });
    };
    if (while_running)
      look();
    asio::co_spawn(io, job.run(*from, to), [&](std::exception_ptr e, batch_report r) {
      end_with(result, ended, e, std::move(r));
      timer.cancel();
    });
    run_for(io, ended, std::chrono::seconds(60));
    if (at->over)
      ended = false;
  }
  if (ended)
    copy_job(running, journal);
  fs::remove(running);
  fs::remove_all(running + ".parts");
  return ended;
}

void job_run::live(std::vector<batch_item> items) {
  result = job_result();
  asio::io_context io(1);
  const auto from = items_of(std::move(items));
  collected to(result, sink_takes);
  client by(api.settings(url));
  batch job(by, batch_options().journal(std::shared_ptr(open_journal(journal))));
  bool ended = false;
  asio::co_spawn(io, job.run(*from, to), [&](std::exception_ptr e, batch_report r) {
    end_with(result, ended, e, std::move(r));
    by.close();
  });
  run_for(io, ended, std::chrono::seconds(60));
}

std::uint64_t told(const std::string& url, const std::string& what) {
  const auto port = static_cast<std::uint16_t>(std::stoul(url.substr(url.rfind(':') + 1)));
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  socket.connect({asio::ip::address_v4::loopback(), port});
  const std::string ask = "GET /sim/batches HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";
  asio::write(socket, asio::buffer(ask));
  std::string got;
  error_code ec;
  asio::read(socket, asio::dynamic_buffer(got), ec);
  const auto v = codec::parse_json(std::string_view(got).substr(got.find("\r\n\r\n") + 4), ec);
  return codec::uint_at(v, what).value_or(UINT64_MAX);
}

} // namespace weir::inline v0::test
