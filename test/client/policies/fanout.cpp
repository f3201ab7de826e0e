#include "client/policies/fanout.hpp"

#include <map>

#include <weir/core/random.hpp>
#include <weir/core/within.hpp>

#include "client/policies.hpp"

namespace weir::inline v0::test {

namespace asio = boost::asio;

namespace {

class anything final : public operation {
public:
  std::string_view name() const noexcept override { return "chat"; }
  token_estimate tokens() const override { return {}; }
};

} // namespace

bool fails(double share, std::size_t index, std::size_t number) noexcept {
  return random_source(index * 1000 + number).uniform() < share;
}

void fanout::play(const options& o) {
  world w;
  seed_random(w.io, 1);
  const shared_policies shared(o);
  std::map<const call_record*, std::size_t> indices;
  const auto wire = std::make_shared<fake_wire>([&](call& c) {
    if (now)
      now(w.now());
    return how(indices.at(c.record.get()), c.record->attempts.size());
  });
  const auto top = stack_layers(shared.layers(o), wire);
  const auto question = std::make_shared<anything>();
  std::size_t begun = 0;
  const auto worker = [&]() -> asio::awaitable<void> {
    while (begun < calls) {
      call c(question, target("acme/model"), w.root, w.now());
      const auto index = begun++;
      indices[c.record.get()] = index;
      auto body = read_all(top, c);
      try {
        co_await within(deadline, std::move(body));
        ++answered;
      } catch (const error&) {
      }
      indices.erase(c.record.get());
    }
    took = std::max(took, w.now().time_since_epoch());
  };
  const auto start = w.now().time_since_epoch();
  for (std::size_t i = 0; i < at_once; ++i)
    asio::co_spawn(w.executor(), worker, [](std::exception_ptr) {});
  testing::run(w.io);
  took -= start;
  requests = wire->requests.size();
}

} // namespace weir::inline v0::test
