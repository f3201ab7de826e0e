// Where a job writes.
#pragma once

#include <string>
#include <vector>

namespace weir::inline v0::cli {

/// The files of a job; empty, or `-`, where there is none.
class batch_places {
public:
  batch_places() = default;
  std::vector<std::string> inputs; ///< Also what journals and parts are read.
  std::string output, failures, journal, status;
  std::string files;    ///< The folder of results' files.
  bool replace = false; ///< What is there and not of this job.
};

/// Looks for places that the job would destroy, or cannot write, before anything is sent.
/// \throws weir::error errc::invalid_argument: which, and what to do.
void check_places(const batch_places& p);

} // namespace weir::inline v0::cli
