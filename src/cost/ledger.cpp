#include <weir/cost/ledger.hpp>

#include <limits>

namespace weir::inline v0 {

namespace {

class entry_function final : public ledger {
public:
  explicit entry_function(std::function<void(const ledger_entry&)> f) : f_(std::move(f)) {}
  void add(const ledger_entry& e) noexcept override {
    try {
      f_(e);
    } catch (...) {
      // A failing hook must not fail the call.
    }
  }

private:
  std::function<void(const ledger_entry&)> f_;
};

class several_ledgers final : public ledger {
public:
  explicit several_ledgers(std::vector<std::shared_ptr<ledger>> all) : all_(std::move(all)) {}
  void add(const ledger_entry& e) noexcept override {
    for (const auto& one : all_)
      one->add(e);
  }
  bool ready(std::string& why) noexcept override {
    for (const auto& one : all_)
      if (!one->ready(why))
        return false;
    return true;
  }

private:
  std::vector<std::shared_ptr<ledger>> all_;
};

} // namespace

std::uint64_t tokens_of(const usage_units& u) noexcept {
  const auto in = u.input_tokens().value_or(0), out = u.output_tokens().value_or(0);
  const auto most = std::numeric_limits<std::uint64_t>::max();
  return in > most - out ? most : in + out;
}

spend_subject subject_of(const ledger_entry& e) {
  const bool renamed = !e.target_provider.empty() || !e.target_model.empty();
  return spend_subject()
      .key(e.key)
      .provider(renamed ? e.target_provider : e.provider)
      .model(renamed ? e.target_model : e.model)
      .tenant(e.tenant)
      .tags(e.tags);
}

std::shared_ptr<ledger> on_entry(std::function<void(const ledger_entry&)> f) {
  return std::make_shared<entry_function>(std::move(f));
}

std::shared_ptr<ledger> ledgers(std::vector<std::shared_ptr<ledger>> all) {
  return std::make_shared<several_ledgers>(std::move(all));
}

} // namespace weir::inline v0
