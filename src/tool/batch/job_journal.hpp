// The journal of a job, as the command opens it.
#pragma once

#include <memory>
#include <string>

#include <weir/store/journal.hpp>

namespace weir::inline v0::cli {

/// A journal, and what was replaced in it.
class job_journal {
public:
  job_journal() = default;
  std::shared_ptr<journal> kept;
  std::string settings_before; ///< Other settings than the job's, which were forced; empty if there were none.
};

/// Whether there is a file at its path.
bool is_begun(const std::string& path);

/// Opens it, or begins it. One whose target has answered nothing, and holds nothing, may get another target.
/// \throws weir::error as open_journal().
job_journal open_for_job(const std::string& path, const std::string& settings, bool force);

/// `a/b at http://localhost:8080`, `a/b of groq`: where the job of such settings asks.
std::string target_words(const std::string& settings);

} // namespace weir::inline v0::cli
