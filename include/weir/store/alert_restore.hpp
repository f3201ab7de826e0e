// Alerts after a restart.
#pragma once

#include <chrono>
#include <string>

#include <weir/cost/alerts.hpp>
#include <weir/cost/budget.hpp>
#include <weir/detail/abi.hpp>
#include <weir/store/ledger_file.hpp>

WEIR_BEGIN_NAMESPACE

/// Shows `all` what the ledger at `path` says was spent within the last four days: what is usual is known at once, and
/// what would have been told then counts as told. Call it before the first call, and once; nobody is told.
/// \returns what was found.
/// \throws weir::error errc::invalid_argument if the ledger cannot be read.
ledger_contents restore(alerts& all, const std::string& path,
                        std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

/// The same and restore(budgets&, …), in one pass: alerts about these budgets that would have been told count as told,
/// too.
ledger_contents restore(budgets& all, alerts& watching, const std::string& path,
                        std::chrono::system_clock::time_point now = std::chrono::system_clock::now());

WEIR_END_NAMESPACE
