#include <weir/cost/ledger.hpp>

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

std::shared_ptr<ledger> on_entry(std::function<void(const ledger_entry&)> f) {
  return std::make_shared<entry_function>(std::move(f));
}

std::shared_ptr<ledger> ledgers(std::vector<std::shared_ptr<ledger>> all) {
  return std::make_shared<several_ledgers>(std::move(all));
}

} // namespace weir::inline v0
