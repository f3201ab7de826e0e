// Fan-out jobs: all of weir's headers about them.
#pragma once

#include <weir/batch/batch.hpp>
#include <weir/batch/input.hpp>
#include <weir/batch/item.hpp>
#include <weir/batch/progress.hpp>
#include <weir/batch/provider_batch.hpp>
#include <weir/batch/result.hpp>
#include <weir/batch/source.hpp>
#include <weir/store/journal.hpp>
