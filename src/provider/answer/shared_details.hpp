// What most events lack, for the streams in which each one has it.
#pragma once

#include <memory>

#include <weir/task/event.hpp>

namespace weir::inline v0::provider {

/// The details, shared. A thread keeps the memory of the last ones that it let go of for its next ones: a stream whose
/// tokens all have some is read without allocating.
std::shared_ptr<const event::details> shared(event::details more);

} // namespace weir::inline v0::provider
