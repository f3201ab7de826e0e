// Jobs against the simulator on real sockets, over a clock that runs faster.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <weir/batch.hpp>
#include <weir/client/options.hpp>

#include "sim/server/server.hpp"

namespace weir::inline v0::test {

/// One of the simulator's batch APIs.
class simulated_api {
public:
  simulated_api(std::string name, std::string provider, std::string path, std::string api = {})
      : name(std::move(name)), provider(std::move(provider)), path(std::move(path)), api(std::move(api)) {}
  std::string name, provider, path, api;

  options settings(const std::string& url) const;
  /// Polls often.
  provider_batch_options how() const;
};
const std::vector<simulated_api>& simulated_apis();

sim::settings quick_batches(const std::vector<std::string>& faults = {});

/// What a job came to.
class job_result {
public:
  job_result() = default;
  failure why;
  batch_report report;
  std::map<std::string, std::string> texts; ///< Of answers, by id; what failed has the name of its error.
  std::map<std::string, unsigned> given;    ///< How often the sink got each id.
};

/// Items `r0`, `r1` … with a question each, and columns beside it.
std::vector<batch_item> questions(std::size_t n);

/// One run to its end, in the journal at this path. `sudden_end`: at this point of its requests (each is sent, and
/// each answer arrives) it ends as a process that is killed does: what is on the disk then is left at `journal`.
/// \returns whether it came to an end of its own.
class job_run {
public:
  job_run(const simulated_api& api, std::string url, std::string journal)
      : api(api), url(std::move(url)), journal(std::move(journal)) {}
  bool by_batches(std::vector<batch_item> items, std::size_t sudden_end = SIZE_MAX);
  void live(std::vector<batch_item> items);

  simulated_api api;
  std::string url, journal;
  std::size_t sink_takes = SIZE_MAX;                  ///< Results, until it fails.
  std::function<void(provider_batch&)> while_running; ///< Every 50 ms.
  std::function<void(provider_batch_options&)> shape = [](provider_batch_options&) {};
  job_result result;
};

/// A number of the simulator's account of its batches, such as `lines_repeated`.
std::uint64_t told(const std::string& url, const std::string& what);

} // namespace weir::inline v0::test
