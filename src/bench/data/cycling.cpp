// Requests of the caller's own.
#include <weir/bench/prompts.hpp>
#include <weir/core/error.hpp>

namespace weir::inline v0 {

namespace {

class cycling : public bench_prompts {
public:
  explicit cycling(std::vector<batch_item::request_type> requests)
      : requests_(std::move(requests)), fingerprints_(requests_.size()) {}

  std::optional<bench_prompt> next() override {
    auto& fingerprint = fingerprints_[at_];
    if (fingerprint == 0)
      fingerprint = batch_fingerprint(requests_[at_]);
    bench_prompt made(requests_[at_]);
    made.fingerprint(fingerprint);
    at_ = (at_ + 1) % requests_.size();
    return made;
  }

  std::string text() const override {
    return requests_.size() == 1 ? "1 prompt" : std::to_string(requests_.size()) + " prompts";
  }

private:
  std::vector<batch_item::request_type> requests_;
  std::vector<std::uint64_t> fingerprints_; // 0: not made yet
  std::size_t at_ = 0;
};

} // namespace

std::unique_ptr<bench_prompts> bench_prompts_of(std::vector<batch_item::request_type> requests) {
  if (requests.empty())
    throw error(errc::invalid_argument, "a benchmark needs a request: there is none");
  return std::make_unique<cycling>(std::move(requests));
}

} // namespace weir::inline v0
