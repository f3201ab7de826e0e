// Prompts whose chats are shaped by the command line.
#pragma once

#include <memory>

#include <weir/bench/prompts.hpp>
#include <weir/task/chat.hpp>

namespace weir::inline v0::cli {

/// The prompts of `from`, with what `with` says and their chats do not: a temperature, parameters.
std::unique_ptr<bench_prompts> shaped_prompts(std::unique_ptr<bench_prompts> from, chat with);

} // namespace weir::inline v0::cli
