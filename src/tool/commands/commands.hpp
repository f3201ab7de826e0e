// The subcommands: each adds itself to `app` and stores its exit code in `code`.
#pragma once

#include <CLI/CLI.hpp>

namespace weir::inline v0::cli {

void add_batch(CLI::App& app, int& code);
void add_bench(CLI::App& app, int& code);
void add_cache(CLI::App& app, int& code);
void add_chat(CLI::App& app, int& code);
void add_run(CLI::App& app, int& code);
void add_explain(CLI::App& app, int& code);
void add_models(CLI::App& app, int& code);
void add_endpoint(CLI::App& app, int& code);
void add_check(CLI::App& app, int& code);
void add_cost(CLI::App& app, int& code);
void add_sim(CLI::App& app, int& code);
void add_providers(CLI::App& app, int& code);
void add_completion(CLI::App& app, int& code);
void add_man(CLI::App& app, int& code);

} // namespace weir::inline v0::cli
