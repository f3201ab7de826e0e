// Budgets after a restart.
#pragma once

#include <chrono>
#include <string>

#include <weir/cost/budget.hpp>
#include <weir/detail/abi.hpp>
#include <weir/store/ledger_file.hpp>

WEIR_BEGIN_NAMESPACE

/// Counts in `all` what the ledger at `path` says was spent within the last 31 days, which is as far back as a budget
/// looks. Call it before the first call, and once.
/// \returns what was found; damaged lines, which may have been spending too, are counted in it.
/// \throws weir::error errc::invalid_argument if the ledger cannot be read.
ledger_contents restore(budgets& all, const std::string& path,
                        std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

WEIR_END_NAMESPACE
