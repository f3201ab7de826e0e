// What people and programs see of a job at a provider.
#pragma once

#include <cstddef>
#include <string>

#include <weir/batch/provider_batch.hpp>

namespace weir::inline v0 {

/// A line for a terminal, at most so many columns: items, what the batches do, how far they are as far as the provider
/// tells, what is spent, failures. What matters least is left out where it is narrow. ASCII.
std::string provider_line(const batch_progress& p, const provider_progress& at, std::size_t columns);

/// The same as a sentence for a log, without its line feed.
std::string provider_sentence(const batch_progress& p, const provider_progress& at);

/// progress_json() with a member `batches`: an object for each that is not over.
std::string provider_json(const batch_progress& p, const provider_progress& at);

} // namespace weir::inline v0
