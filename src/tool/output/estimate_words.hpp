// What a request that is not sent would cost.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <weir/client/client.hpp>
#include <weir/policy/handler.hpp>

namespace weir::inline v0::cli {

/// What is reserved for the first attempt of such a call before it is sent, and whether the budgets have room for it, a
/// line each; empty without price lists and budgets. `sent`: where it would go.
std::string estimate_words(const options& o, std::shared_ptr<const operation> op, const explained_request& sent,
                           std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

} // namespace weir::inline v0::cli
