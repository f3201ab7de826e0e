// Load tests: all of weir's headers about them.
#pragma once

#include <weir/bench/bench.hpp>
#include <weir/bench/histogram.hpp>
#include <weir/bench/load.hpp>
#include <weir/bench/metric.hpp>
#include <weir/bench/prompts.hpp>
#include <weir/bench/result.hpp>
#include <weir/bench/slo.hpp>
