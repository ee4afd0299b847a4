// report.html of a run folder: curves, results, samples, the resolved recipe, the machine.
#pragma once

#include "cairn/train/run_folder.h"
#include "cairn/train/task.h"
#include "cairn/vision/page.h"

namespace cairn::train {

/// Of a finished run or of one that goes on or was stopped. `task` draws the samples; without one (null) there are
/// none.
vision::Page report_page(const RunFolder& folder, Task* task);
/// Writes `folder`/report.html: complete or absent.
void write_report(const RunFolder& folder, Task* task);

}  // namespace cairn::train
