// The seams at which programs extend weir: layers and handlers, sources of replies and listeners, observers,
// connectors.
//
// Stability: these interfaces follow weir's internals. A minor version may change them, and the changelog says how;
// requests, results, options and clients change less. Mark the functions of your implementations `override`, so that
// a change is a compile-time error and not a surprise.
#pragma once

#include <weir/net/stream.hpp>
#include <weir/policy/handler.hpp>
#include <weir/policy/observe/call_record.hpp>
#include <weir/policy/observe/observe.hpp>
#include <weir/policy/target_health.hpp>
#include <weir/task/reply.hpp>
