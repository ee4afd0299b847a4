// Measured benchmarks as a page: one curve of ours and one of the peer over a figure that all of them state.
#pragma once

#include <string>

#include "cairn/base/document.h"

namespace cairn::tool {

/// `rows` as `to_json` of bench_run.h makes them; `over` names one of their qualities ("peak_mb"). Throws UsageError
/// where a row does not state it, or rows differ in their unit.
void write_bench_page(const std::string& path, const std::string& over, const Json& rows);

}  // namespace cairn::tool
