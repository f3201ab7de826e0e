// All of weir but the test kit (<weir/testing.hpp>).
#pragma once

#include <weir/client/client.hpp>
#include <weir/client/client_group.hpp>
#include <weir/client/options.hpp>
#include <weir/task/reply.hpp>
#include <weir/core/backoff.hpp>
#include <weir/core/error.hpp>
#include <weir/core/executor.hpp>
#include <weir/core/generator.hpp>
#include <weir/core/group.hpp>
#include <weir/core/random.hpp>
#include <weir/core/scope.hpp>
#include <weir/core/secret.hpp>
#include <weir/core/time.hpp>
#include <weir/core/within.hpp>
#include <weir/net/settings.hpp>
#include <weir/net/stream.hpp>
#include <weir/task/chat.hpp>
#include <weir/task/completion.hpp>
#include <weir/task/event.hpp>
#include <weir/task/text_generation.hpp>
#include <weir/task/usage.hpp>
