// The steps of weir check.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>

#include <weir/client/client.hpp>

#include "client/config/named_key.hpp"
#include "tool/commands/check_report.hpp"

namespace weir::inline v0::cli {

/// The targets to check: every provider with a key, or the one that the options name.
/// \throws weir::error errc::missing_key if there is none.
std::vector<target> check_targets(const options& o, const std::string& provider);

/// Runs the steps until one fails; calls `told` after each.
/// `call`: also requests one token from the options' model.
/// Cancellation: terminal.
boost::asio::awaitable<checked_provider> check(loaded_options given, target to, bool call,
                                               std::function<void(const checked_provider&)> told);

} // namespace weir::inline v0::cli
