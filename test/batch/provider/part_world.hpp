// A provider as a model, and the histories of parts that it and sudden ends of the process make.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <weir/core/random.hpp>

#include "batch/provider/part_core.hpp"

namespace weir::inline v0::test {

namespace vb = vendor_batch;

/// How often things go wrong, of 100.
class fault_rates {
public:
  fault_rates() = default;
  unsigned lost = 10;    ///< A response that never arrives.
  unsigned busy = 8;     ///< 429 or 503 in place of an answer.
  unsigned kill = 6;     ///< The process ends between two steps.
  unsigned cancel = 5;   ///< The part is cancelled at some time.
  unsigned room = 10;    ///< There is no room for the batch.
  unsigned vanished = 2; ///< The batch is gone.
  unsigned missing = 20; ///< Some lines come in neither file.
};

/// One part's history: the machine, built anew from its journal after each sudden end, against the model.
class part_history {
public:
  part_history(std::uint64_t seed, vb::search_by search, fault_rates rates = {});

  /// Plays it to its end. \returns what is wrong; empty if nothing is.
  std::string play();

  unsigned kills() const noexcept { return kills_; }
  std::size_t batches() const noexcept { return batches_.size(); }

private:
  enum class fate { answered, error, not_run, nowhere };
  class model_batch {
  public:
    model_batch() = default;
    std::string id, nonce, file, tag;
    vb::wall_point created{}, visible{}, ends{};
    vb::batch_state end = vb::batch_state::completed;
    std::vector<fate> lines;
    bool turned_away = false, vanished = false, foreign = false, cancelled = false, read_whole = false;
  };

  bool chance(unsigned percent) { return random_.below(100) < percent; }
  double uniform() { return random_.uniform(); }
  void pass(duration d) { now_ += std::chrono::duration_cast<vb::wall_point::duration>(d); }

  std::unique_ptr<vb::part_core> rebuild();
  void add_foreign();
  std::string create(const std::string& nonce, const std::string& file, duration delay);
  vb::batch_view view(const model_batch& b) const;
  model_batch* find(const std::string& id);
  vb::part_answer answer(const vb::part_request& to);
  vb::part_answer acted(const vb::part_request& to);
  bool deliver(vb::part_core& core);
  std::string check() const;

  random_source random_;
  const vb::search_by search_;
  const fault_rates rates_;
  vb::wall_point now_{std::chrono::seconds(1'790'000'000)};
  vb::part_event plan_;
  vb::part_rules rules_;
  std::vector<journal_record> journal_;
  std::set<std::string> files_;
  std::vector<model_batch> batches_;
  std::map<std::string, std::vector<std::string>> local_; // fetched files: custom ids of lines with an outcome
  std::map<std::string, unsigned> delivered_;
  unsigned kills_ = 0, next_id_ = 0;
  bool cancel_ = false, gone_ = false;
};

} // namespace weir::inline v0::test
