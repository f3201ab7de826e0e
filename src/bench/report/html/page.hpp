// The parts of a page.
#pragma once

#include <string>
#include <string_view>

#include "bench/record/record.hpp"
#include "bench/report/table.hpp"

namespace weir::inline v0::bench_report {

/// The page's style sheet.
std::string_view style_sheet() noexcept;

/// `<section>` with a heading; empty if `body` is.
std::string section(std::string_view title, std::string_view body);
/// Charts side by side; those that are empty are left out.
std::string side_by_side(std::initializer_list<std::string> figures);
std::string html_table(const table& t, std::string_view style = {});

/// The verdict, in the colour that it deserves, and what the load generator itself adds.
std::string banner(const bench_result& whole);
/// The question and its answer, and the figures that matter most.
std::string summary(const bench_result& whole);
std::string cautions_html(const bench_result::record& r);
/// How to make it again: command, machines, seed.
std::string origin_html(const bench_result::record& r);
/// What the metrics mean.
std::string glossary();

} // namespace weir::inline v0::bench_report
