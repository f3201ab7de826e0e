#include "batch/provider/provider_exchange.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace weir::inline v0::vendor_batch {

namespace asio = boost::asio;

namespace {

using kind = part_request::kind;

// Places that one leads to, such as the pages of a listing of results.
constexpr std::size_t most_places = 100'000;

response response_of(direct_result r) {
  response out;
  out.status = r.status;
  out.headers = std::move(r.headers);
  out.body = std::move(r.body);
  return out;
}

// Reading a response, or building a request from what a server has sent, may fail.
template <class F>
failure failure_in(F&& read) {
  try {
    read();
  } catch (const error& e) {
    return e.failure();
  }
  return {};
}

} // namespace

asio::awaitable<part_answer> provider_exchange::upload(submission s) {
  std::vector<response> all;
  for (unsigned step = 0; step < by_.upload_steps(); ++step) {
    http::request r;
    if (auto why = failure_in([&] { r = by_.upload(s, all); }))
      co_return part_answer(std::move(why));
    auto sending = send_(std::move(r), {});
    auto got = co_await std::move(sending);
    if (got.why && !by_.is_repeat(step, got.why.status()))
      co_return part_answer(std::move(got.why), got.sent);
    all.push_back(response_of(std::move(got)));
  }
  part_answer a;
  a.why = failure_in([&] { a.file = by_.uploaded(s, all); });
  co_return a;
}

asio::awaitable<part_answer> provider_exchange::read(const part_core& core, result_place from, bool probe) {
  auto file = folder_.begin();
  std::deque<result_place> places{from};
  for (std::size_t n = 0; !places.empty() && n < most_places; ++n) {
    const auto place = std::move(places.front());
    places.pop_front();
    http::request r;
    if (auto why = failure_in([&] { r = by_.fetch(place); }))
      co_return part_answer(std::move(why));
    const bool lines = by_.gives_lines(place);
    direct_http::receiver into;
    if (lines)
      into = [to = file.get()](std::string_view piece) { to->write(piece); };
    auto sending = send_(std::move(r), std::move(into));
    auto got = co_await std::move(sending);
    if (got.why)
      co_return part_answer(std::move(got.why), got.sent);
    if (lines) {
      file->write("\n");
      continue;
    }
    const auto whole = response_of(std::move(got));
    if (auto why = failure_in([&] {
          const auto u = by_.unpack(place, whole);
          for (const auto& line : u.lines)
            file->write_line(line);
          places.insert(places.end(), u.further.begin(), u.further.end());
        }))
      co_return part_answer(std::move(why));
  }
  part_answer a;
  const auto& places_of = core.ended() ? core.ended()->places : std::vector<result_place>();
  const auto number = static_cast<std::size_t>(std::find(places_of.begin(), places_of.end(), from) - places_of.begin());
  a.file = probe ? core.plan().part + ".probe" : part_folder::results_of(core.plan().part, number);
  a.bytes = file->bytes();
  a.sha256 = file->finish();
  file->keep(a.file);
  if (probe) {
    part_file_reader in(folder_.path_of(a.file));
    for (std::string line; !a.ours && in.next(line);) {
      // Another program's results may be anything.
      const auto ignored =
          failure_in([&] { a.ours = line_of(core.plan().tag, by_.result(line).custom_id).has_value(); });
      (void)ignored;
    }
    folder_.remove(a.file);
  }
  co_return a;
}

asio::awaitable<part_answer> provider_exchange::remove(requests all) {
  part_answer a;
  for (auto& r : all) {
    auto sending = send_(std::move(r), {});
    auto got = co_await std::move(sending);
    if (got.why && !a.why)
      a = part_answer(std::move(got.why), got.sent);
  }
  co_return a;
}

asio::awaitable<part_answer> provider_exchange::ask(http::request r, kind k, std::string argument) {
  auto sending = send_(std::move(r), {});
  auto got = co_await std::move(sending);
  if (got.why)
    co_return part_answer(std::move(got.why), got.sent);
  const auto whole = response_of(std::move(got));
  part_answer a;
  a.why = failure_in([&] {
    if (k == kind::list)
      a.page = by_.page(argument, whole);
    else if (k != kind::cancel) // whose answer is nothing, or the batch, which is polled anyway
      a.batch = by_.batch(whole);
  });
  co_return a;
}

asio::awaitable<part_answer> provider_exchange::perform(const part_core& core, part_request r,
                                                        std::chrono::hours window) {
  submission s;
  requests all;
  auto why = failure_in([&] {
    switch (r.what) {
    case kind::upload:
    case kind::create:
      s.nonce = core.nonce().empty() ? "weir-" + core.plan().tag : core.nonce();
      s.sha256 = core.plan().sha256;
      s.lines = core.plan().items.size();
      s.file = core.file();
      s.window = window;
      if (r.what == kind::upload || by_.upload_steps() == 0)
        s.content = folder_.read(part_folder::lines_of(core.plan().part));
      if (r.what == kind::create)
        all.push_back(by_.create(s));
      break;
    case kind::list: all.push_back(by_.list(r.argument)); break;
    case kind::poll: all.push_back(by_.poll(r.argument)); break;
    case kind::cancel:
      if (auto request = by_.cancel(r.argument))
        all.push_back(std::move(*request));
      break;
    case kind::remove_input: all = by_.remove_input(r.argument); break;
    case kind::remove_output:
      all = by_.remove_output(r.argument, core.ended() ? core.ended()->places : std::vector<result_place>());
      break;
    case kind::fetch:
    case kind::probe: break;
    }
  });
  if (why)
    co_return part_answer(std::move(why), false);
  part_answer a;
  switch (r.what) {
  case kind::upload: a = co_await upload(std::move(s)); break;
  case kind::fetch: a = co_await read(core, r.argument, false); break;
  case kind::probe: a = co_await read(core, r.argument, true); break;
  case kind::remove_input:
  case kind::remove_output: a = co_await remove(std::move(all)); break;
  case kind::create:
  case kind::list:
  case kind::poll:
  case kind::cancel:
    if (!all.empty())
      a = co_await ask(std::move(all.front()), r.what, r.argument);
    break;
  }
  co_return a;
}

} // namespace weir::inline v0::vendor_batch
