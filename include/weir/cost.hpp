// What calls cost, and what saves: prices, ledgers, budgets, alerts, caches. Not included by <weir/weir.hpp>.
#pragma once

#include <weir/cost/alerts.hpp>
#include <weir/cost/budget.hpp>
#include <weir/cost/ledger.hpp>
#include <weir/cost/money.hpp>
#include <weir/cost/prices.hpp>
#include <weir/cost/spending.hpp>
#include <weir/policy/response_cache.hpp>
#include <weir/store/alert_restore.hpp>
#include <weir/store/budget_restore.hpp>
#include <weir/store/disk_cache.hpp>
#include <weir/store/ledger_file.hpp>
#include <weir/store/price_file.hpp>
#include <weir/task/prompt_cache.hpp>
